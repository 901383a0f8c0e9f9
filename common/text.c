#include "common/text.h"

#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"

int
text_compare(struct text a, struct text b)
{
	size_t shorter = MIN(a.size, b.size);
	int order = shorter > 0 ? memcmp(a.bytes, b.bytes, shorter) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* How many bytes begin so: 1 to 4, and what bits of the character the first one
 * has. 0: none do. */
static size_t
length_of(uint8_t first, uint32_t *bits)
{
	static const struct {
		uint8_t mask, is;
	} forms[] = {
		{ 0x80, 0x00 },
		{ 0xe0, 0xc0 },
		{ 0xf0, 0xe0 },
		{ 0xf8, 0xf0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if ((first & forms[i].mask) != forms[i].is)
			continue;
		*bits = first & (uint8_t)~forms[i].mask;
		return i + 1;
	}
	return 0;
}

/* Is it one, written no longer than it need be, and no control character? */
static bool
is_plain(uint32_t character, size_t length)
{
	static const uint32_t least[] = { 0, ' ', 0xa0, 0x800, 0x10000 };

	return character >= least[length] && character != 0x7f &&
	       (character < 0xd800 || character > 0xdfff) &&
	       character <= 0x10ffff;
}

bool
text_is_plain(struct text text)
{
	size_t length;

	for (size_t i = 0; i < text.size; i += length) {
		uint32_t character;

		length = length_of((uint8_t)text.bytes[i], &character);
		if (length == 0 || length > text.size - i)
			return false;
		for (size_t j = 1; j < length; j++) {
			uint8_t byte = (uint8_t)text.bytes[i + j];

			if ((byte & 0xc0) != 0x80)
				return false;
			character = character << 6 | (byte & 0x3f);
		}
		if (!is_plain(character, length))
			return false;
	}
	return true;
}
