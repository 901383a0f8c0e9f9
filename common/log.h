/*
 * The daemon's log: lines to standard error, each once, by whoever knows best
 */
#pragma once

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* What is above the level is left out; LOG_INFO at first. */
void log_set_level(enum log_level level);

/* By name: error, warning, info, debug. -1: no such one. */
int log_level_by_name(const char *name);

void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)
