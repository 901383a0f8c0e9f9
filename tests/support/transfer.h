/*
 * Bytes to and from a socket, all of them
 *
 * => false: the other side has hung up
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool transfer_put(int fd, const void *bytes, size_t size);
bool transfer_get(int fd, void *bytes, size_t size);
