/*
 * What comes of a command, as a line of JSON: `vmctl --json`
 *
 *      {"line":1,"command":"vm_allocate","code":"KERN_SUCCESS",
 *       "reply":{"address":4096},"data":[]}
 *
 * A member of a reply is called like the field of the .proto; a oneof is seen
 * through, as message.h does.
 *
 * => numbers are integers, and above 2^63-1 strings of decimal digits; booleans
 *    are true and false
 * => text is a string; what is no UTF-8 is {"hex": "..."}; data are hexadecimal
 *    digits
 * => a line is made from json_begin() to json_end(); in between come members,
 *    and between json_open() and json_close() elements, whose key is NULL, or
 *    members again
 * => when the system has no memory left, the program ends
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "client/vmctl/call.h"
#include "client/vmctl/script.h"

struct json;

/* Was vmctl built with it? If not, nothing below does anything. */
bool json_is_there(void);

struct json *json_begin(const struct command *command);
struct json *json_begin_verb(const char *verb);
void json_end(struct json *json);

void json_put_number(struct json *json, const char *key, uint64_t number);
void json_put_real(struct json *json, const char *key, double number);
void json_put_signed(struct json *json, const char *key, int64_t number);
void json_put_boolean(struct json *json, const char *key, bool boolean);
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_bytes(struct json *json, const char *key, const char *bytes,
    size_t size);
void json_put_hex(struct json *json, const char *key, const char *bytes,
    size_t size);
void json_put_null(struct json *json, const char *key);
void json_put_message(struct json *json, const char *key,
    const ProtobufCMessage *message);

void json_open_list(struct json *json, const char *key);
void json_open_object(struct json *json, const char *key);
void json_close(struct json *json);

/* The line of a call. */
void json_print_reply(const struct command *command, const struct reply *reply);

/* ... and of what has failed without a reply. */
void json_print_error(const struct command *command, const char *text);
