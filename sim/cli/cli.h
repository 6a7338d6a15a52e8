/*
 * cli.h - the commands, and what they share
 *
 * A command is a row: its name, its options, what --help says.  Words that
 * are wrong are answered with the nearest right one and exit code 2.
 */
#ifndef MMSIM_CLI_CLI_H
#define MMSIM_CLI_CLI_H

#include <getopt.h>
#include "sim/base/str.h"
#include "sim/record/db.h"
#include "sim/table/model.h"

#ifndef MMSIM_VERSION
#define MMSIM_VERSION "0.1.0"
#endif

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* an expectation, a comparison or a verification failed */
	/* EXIT_INPUT = 2 and EXIT_HOST = 3: db.h */
	EXIT_BUG = 70, /* in mmsim */
	EXIT_SIGINT = 130,
	EXIT_SIGTERM = 143,
};

struct cli {
	const struct personality *const *personalities; /* NULL-terminated */
};

struct cli_option {
	int id;           /* the letter, or a number above 255 for options without one */
	const char *name; /* NULL ends the list */
	const char *arg;  /* "KEY=VALUE"; NULL: none */
	const char *meaning;
};

struct cli_command {
	const char *name;
	const char *args;    /* "SCENARIO [-o DB]" */
	const char *summary; /* one line */
	const char *details; /* more lines for --help, or NULL */
	const struct cli_option *options;
	int (*run)(const struct cli *cli, int argc, char **argv);
};

extern const struct cli_command run_command, plot_command, report_command, compare_command,
    sweep_command, check_command, list_command, explain_command, schema_command, procfs_command,
    export_command, import_command, verify_command;

/* All commands in the order of --help; NULL: there are no more. */
const struct cli_command *cli_command_at(size_t i);

/* Reads the command line and runs the command; returns the exit code. */
int cli_main(const struct cli *cli, int argc, char **argv);

#define CLI_MAX_OPTIONS 24

/* Walks the options of a command; what is left is in argv from optind on. */
struct cli_args {
	const struct cli_command *command;
	int argc;
	char **argv;
	char *value; /* of the option that was found */
	struct option options[CLI_MAX_OPTIONS + 2];
	char letters[3 * CLI_MAX_OPTIONS + 4];
};

enum {
	CLI_END = -1,   /* no more options */
	CLI_HELP = -2,  /* --help was answered: exit 0 */
	CLI_WRONG = -3, /* said on standard error: exit 2 */
};

void cli_args_init(struct cli_args *a, const struct cli_command *command, int argc, char **argv);
int cli_next(struct cli_args *a);
/* The exit code for CLI_HELP and CLI_WRONG. */
int cli_leave(int found);

/* "mmsim: ..." on standard error; user text in it must be escaped (cli_escape). */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints a usage error, returns EXIT_INPUT. */
int cli_usage(const struct cli_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A user's text as it may be printed; lives until the program ends. */
const char *cli_escape(const char *text);
/* "; did you mean X?" or "": lives until the program ends. */
const char *cli_did_you_mean(const char *word, const char *const *list, size_t n);
/* Flushes standard output; false (said) if it could not be written. */
bool cli_flush(void);

/* A name for a file made from any text: letters, digits, '.', '_', '-', at most 64 of them. */
char *cli_file_name(const char *text);
/* Whether there is a folder of this name; else errno, which the caller sets to 0, may say why. */
bool cli_is_folder(const char *path);
/*
 * The bytes of a regular file with a zero byte behind them, *len of them; NULL: it cannot be read,
 * or is empty, or has max bytes or more.  Nothing is said; the caller frees them.
 */
char *cli_read_file(const char *path, size_t max, size_t *len);
/* Makes a folder and those above it; false (said) if that fails. */
bool cli_make_folder(const char *path);
/* The first that exists: beside the program in a source tree, else where it was installed; the
 * caller frees it; NULL: neither. */
char *cli_data_folder(const char *in_tree, const char *installed);

/* A kernel by name; NULL after saying which there are. */
const struct personality *cli_find_personality(const struct cli *cli, const char *name);
/* The kernel of a results file; NULL (said) if it is not known. */
const struct personality *cli_personality_of(const struct cli *cli, struct db *db);

/* The value of an option that is a simulated time; false after saying what is accepted. */
bool cli_time(const struct cli_command *command, const char *option, const char *text,
	      sim_time *time);

/* The value of an option that is a whole number; false after saying what is accepted. */
bool cli_number(const struct cli_command *command, const char *option, const char *text, int min,
		int max, int *number);

/* KEY=VALUE of an option.  text is cut in two at the first "=". */
struct setting;
bool cli_setting(const struct cli_command *command, const char *option, char *text,
		 struct setting *set);
#endif
