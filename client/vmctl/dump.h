/*
 * Bytes in hexadecimal, sixteen a line; lines like the one before are left out
 *
 *      0x1000  68 65 6c 6c 6f 00 00 00  00 00 00 00 00 00 00 00  |hello...........|
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void dump(FILE *out, uint64_t address, const char *bytes, size_t size);
