/*
 * TEST(name) { ... } writes a test once: its name is the promise, its body the
 * picture. It is registered by being linked, runs in a process of its own under
 * Check, and fails if it leaves a file descriptor behind.
 */
#pragma once

#include <stdlib.h>

#include <check.h>

struct test {
	const TTest *const *body;
	void (*before)(void); /* or NULL */
	struct test *next;
};

/* In the order of the file. */
extern struct test *tests;
extern struct test **tests_tail;

/* Run around each test of a file; may be left out. */
void test_setup(void);
void test_teardown(void);

#define TEST(name) TEST_BEHIND(NULL, name)

/* A test in a process with that in $VMD_DEBUG, from before its first call on. */
#define TEST_DEBUG(words, name)                                                \
	static void debug_##name(void)                                         \
	{                                                                      \
		setenv("VMD_DEBUG", words, 1);                                 \
	}                                                                      \
	TEST_BEHIND(debug_##name, name)

#define TEST_BEHIND(first, name)                                               \
	static const TTest *name;                                              \
	__attribute__((constructor)) static void register_##name(void)         \
	{                                                                      \
		static struct test self;                                       \
		self.body = &name;                                             \
		self.before = first;                                           \
		*tests_tail = &self;                                           \
		tests_tail = &self.next;                                       \
	}                                                                      \
	START_TEST(name)
