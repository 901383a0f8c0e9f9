/*
 * Completion of vmctl's words, in three shells
 *
 * What there is to complete comes from the tables: options, verbs, commands and
 * routines. Each shell is told in its own language what goes where: behind an
 * option that has an argument that argument, behind a verb what its form says,
 * else options, verbs and files. In the text of -c the last word is a command.
 */
#pragma once

#include <stdbool.h>

#include "client/vmctl/options.h"
#include "client/vmctl/verb.h"

/* What personalities are called. */
#define PERSONALITIES "osf xnu gnu"

/* Prints all that a shell has to be told. */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

/* --- What there is ---------------------------------------------------- */

/* Prints a word in a shell's way, and what it does or takes. */
typedef void word_printer(const char *word, const char *about);

/* Commands and routines, with their operands. */
void completion_commands(word_printer *print);

void completion_verbs(word_printer *print);

/*
 * What a verb's form tells of its arguments: what begins with a `-` is an option
 * of it, words in small letters are to be written as they are, and VERB is one
 * of the verbs.
 *
 * => ... and FILE is a file
 */
void completion_arguments(const struct verb *verb, word_printer *print);
bool completion_takes_file(const struct verb *verb);

/* An option's spellings, with something around each: completion_text(). */
void completion_spellings(const struct vmctl_option *option, const char *before,
    const char *after);

/* What an option does, in a line. Yours to free. */
char *completion_brief(const struct vmctl_option *option);

/* --- Words ------------------------------------------------------------ */

/* In single quotes. A backslash means something to fish inside them. */
void completion_quote(const char *text);
void completion_quote_fish(const char *text);

/* A text in which NAME stands for the program's name, as shells allow it in a
 * name of a function. */
void completion_text(const char *text);
