#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

static enum log_level most = LOG_INFO;

static const char *const names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

void
log_set_level(enum log_level level)
{
	most = level;
}

int
log_level_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

void
log_line(enum log_level level, const char *format, ...)
{
	char text[512];
	va_list arguments;

	if (level > most)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (level == LOG_INFO)
		fprintf(stderr, "vmd: %s\n", text);
	else
		fprintf(stderr, "vmd: %s: %s\n", names[level], text);
}
