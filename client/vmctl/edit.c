#include "client/vmctl/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/vmctl/colour.h"
#include "client/vmctl/complete.h"
#include "common/cleanup.h"

enum {
	REMEMBERED = 1000,
	WIDTH = 80, /* of a terminal that does not say */
	PATH = 4096,
};

struct edit {
	EditLine *line;
	History *history;
	const struct script *script;
	char prompt[64];
	char path[PATH]; /* of the history; or empty */
};

/* Begins and ends what takes no room in the prompt. */
#define INVISIBLE "\1"

/* --- The history ------------------------------------------------------ */

/* With all folders above; those that are missing are their user's alone. */
static bool
make_folder(char *path)
{
	for (char *at = path + 1; *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(path, S_IRWXU) < 0 && errno != EEXIST)
			return false;
		*at = '/';
	}
	return mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
}

/* False: there is no place for it. */
static bool
find_path(char *path, size_t room)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char folder[PATH];
	int length;

	if (state && state[0] == '/')
		length = snprintf(folder, sizeof(folder), "%s", state);
	else if (home && home[0] == '/')
		length =
		    snprintf(folder, sizeof(folder), "%s/.local/state", home);
	else
		return false;
	if (length < 0 || (size_t)length >= sizeof(folder) ||
	    !make_folder(folder))
		return false;
	length = snprintf(path, room, "%s/vmctl_history", folder);
	return length > 0 && (size_t)length < room;
}

static void
history_start(struct edit *edit)
{
	HistEvent event;

	history(edit->history, &event, H_SETSIZE, REMEMBERED);
	history(edit->history, &event, H_SETUNIQUE, 1);
	if (!find_path(edit->path, sizeof(edit->path)))
		edit->path[0] = '\0';
	else
		history(edit->history, &event, H_LOAD, edit->path);
}

static void
history_keep(struct edit *edit)
{
	const mode_t mode = S_IRUSR | S_IWUSR;
	HistEvent event;
	FILE *file;
	int fd;

	if (edit->path[0] == '\0')
		return;
	fd = open(edit->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	file = fd >= 0 && fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
	if (file) {
		history(edit->history, &event, H_SAVE_FP, file);
		fclose(file);
	} else if (fd >= 0) {
		close(fd);
	}
}

/* --- Completion ------------------------------------------------------- */

static size_t
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH;
}

/* In columns, which are read downwards. */
static void
show_list(const struct choices *choices)
{
	size_t widest = 0, columns, rows;

	for (size_t i = 0; i < choices->count; i++)
		widest = MAX(widest, strlen(choices->list[i]) + 2);
	columns = MAX(terminal_width() / MAX(widest, 1), 1);
	rows = (choices->count + columns - 1) / columns;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < choices->count; i += rows)
			printf("%-*s",
			    i + rows < choices->count ? (int)widest : 0,
			    choices->list[i]);
		putchar('\n');
	}
}

/* All parameters, before the first is given; then the one whose turn it is. */
static void
show_form(const struct choices *choices)
{
	const struct parameters one = { choices->expected, 1 };

	if (!choices->command || choices->typed > 0)
		return;
	fputs(colour_on(stdout, COLOUR_NAME), stdout);
	parameters_print(stdout, choices->command, &choices->parameters);
	puts(colour_off(stdout));
	if (choices->count == 0 ||
	    choices->expected == choices->parameters.list)
		parameters_explain(stdout, &choices->parameters);
	else if (choices->expected)
		parameters_explain(stdout, &one);
}

/* What there is but one way to go on with. "": nothing. */
static const char *
find_rest(const struct choices *choices, char *rest, size_t room)
{
	size_t common = choices_common(choices);
	const char *only = choices->count == 1 ? choices->list[0] : NULL;
	bool is_whole = only && !strchr("=./", only[common - 1]) &&
			*only != '$' && choices->typed < room;

	/* Before anything is typed, all that is possible is shown. */
	if (common < choices->typed || (choices->typed == 0 && !only))
		return "";
	snprintf(rest, room, "%.*s%s", (int)(common - choices->typed),
	    common > 0 ? choices->list[0] + choices->typed : "",
	    is_whole ? " " : "");
	return rest;
}

static unsigned char
on_tab(EditLine *line, int key)
{
	struct arena arena = { 0 };
	struct choices choices;
	const LineInfo *info = el_line(line);
	struct edit *edit;
	char rest[256];
	unsigned char result = CC_REFRESH;

	(void)key;
	el_get(line, EL_CLIENTDATA, &edit);
	complete(edit->script, info->buffer,
	    (size_t)(info->cursor - info->buffer), &arena, &choices);
	if (*find_rest(&choices, rest, sizeof(rest)) != '\0') {
		el_insertstr(line, rest);
	} else if (choices.count == 0 &&
		   (choices.typed > 0 || !choices.command)) {
		result = CC_ERROR;
	} else {
		putchar('\n');
		show_form(&choices);
		show_list(&choices);
		fflush(stdout);
		result = CC_REDISPLAY;
	}
	arena_deinit(&arena);
	return result;
}

/* --- Lines ------------------------------------------------------------ */

/* Ctrl-C: the line is dropped, and nobody gets a signal. */
static unsigned char
on_interrupt(EditLine *line, int key)
{
	const LineInfo *info = el_line(line);

	(void)key;
	el_cursor(line, (int)(info->lastchar - info->cursor));
	el_deletestr(line, (int)(info->lastchar - info->buffer));
	fputs("^C\n", stdout);
	fflush(stdout);
	return CC_REDISPLAY;
}

static char *
prompt_of(EditLine *line)
{
	struct edit *edit;

	el_get(line, EL_CLIENTDATA, &edit);
	return edit->prompt;
}

static void
prompt_make(struct edit *edit)
{
	const char *on = colour_on(stdout, COLOUR_PROMPT);
	const char *around = *on ? INVISIBLE : "";

	snprintf(edit->prompt, sizeof(edit->prompt), "%s%s%svmd>%s%s%s ",
	    around, on, around, around, colour_off(stdout), around);
}

struct edit *
edit_open(const struct script *script)
{
	struct edit *edit = calloc(1, sizeof(*edit));

	if (!edit)
		return NULL;
	setlocale(LC_CTYPE, "");
	edit->script = script;
	edit->history = history_init();
	edit->line = el_init("vmctl", stdin, stdout, stderr);
	if (!edit->history || !edit->line) {
		edit_close(edit);
		return NULL;
	}
	prompt_make(edit);
	history_start(edit);
	el_set(edit->line, EL_CLIENTDATA, edit);
	el_set(edit->line, EL_PROMPT_ESC, prompt_of, INVISIBLE[0]);
	el_set(edit->line, EL_EDITOR, "emacs");
	el_set(edit->line, EL_HIST, history, edit->history);
	/* Names in wide characters are not copied, and need not be given back. */
	el_wset(edit->line, EL_ADDFN, L"vmctl-complete", L"completes", on_tab);
	el_wset(edit->line, EL_ADDFN, L"vmctl-drop", L"drops the line",
	    on_interrupt);
	el_set(edit->line, EL_BIND, "^I", "vmctl-complete", NULL);
	el_set(edit->line, EL_SETTY, "-d", "-isig", NULL);
	el_set(edit->line, EL_BIND, "^C", "vmctl-drop", NULL);
	el_set(edit->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return edit;
}

void
edit_close(struct edit *edit)
{
	if (edit->history && edit->line)
		history_keep(edit);
	if (edit->line)
		el_end(edit->line);
	if (edit->history)
		history_end(edit->history);
	free(edit);
}

/* One that is all blank is not remembered. */
const char *
edit_line(struct edit *edit, size_t *size)
{
	HistEvent event;
	const char *line;
	int count;

	el_resize(edit->line);
	line = el_gets(edit->line, &count);
	if (!line || count <= 0)
		return NULL;
	*size = (size_t)count;
	if (strspn(line, " \t\n") < *size)
		history(edit->history, &event, H_ENTER, line);
	return line;
}
