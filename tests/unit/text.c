/* Text from elsewhere: what is UTF-8, and may be shown. */
#include "tests/support/test.h"

#include <string.h>

#include "common/text.h"

static struct text
of(const char *bytes)
{
	return (struct text){ bytes, strlen(bytes) };
}

TEST(text_is_ordered_by_its_bytes)
{
	ck_assert_int_eq(text_compare(of("a"), of("a")), 0);
	ck_assert_int_lt(text_compare(of("a"), of("b")), 0);
	ck_assert_int_gt(text_compare(of("\xc3\xa4"), of("z")), 0);
	ck_assert_int_lt(text_compare(of("a"), of("aa")), 0);
	ck_assert_int_gt(text_compare(of("a"), of("")), 0);
	ck_assert_int_eq(text_compare((struct text){ 0 }, of("")), 0);
}

TEST(text_of_any_language_is_plain)
{
	static const char *const texts[] = {
		"",
		"com.example.scratch-1 ~",
		"\xc2\xa0",         /* the first behind control characters */
		"\xc3\xa4\xdf\xbf", /* the last of two bytes */
		"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_msg(text_is_plain(of(texts[i])), "text %zu", i);
}

TEST(control_characters_are_not_plain)
{
	ck_assert(!text_is_plain((struct text){ "a\0b", 3 }));
	ck_assert(!text_is_plain(of("\n")));
	ck_assert(!text_is_plain(of("\x1b[2J")));
	ck_assert(!text_is_plain(of("\x1f")));
	ck_assert(!text_is_plain(of("\x7f")));
	ck_assert(!text_is_plain(of("\xc2\x80")));
	ck_assert(!text_is_plain(of("\xc2\x9f")));
}

TEST(what_is_no_utf_8_is_not_plain)
{
	static const char *const texts[] = {
		"\x80",
		"\xbf",
		"\xff",
		"\xfe",
		"\xf8\x88\x80\x80\x80",
		"\xc3",
		"\xc3(",
		"\xe2\x82",
		"\xe2\x82(",
		"\xf0\x9f\x98",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_msg(!text_is_plain(of(texts[i])), "text %zu", i);
}
