/*
 * cli.c - which command, which options, and what is said if they are wrong
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/bug.h"
#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/cli.h"
#include "sim/scenario/input.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/workload.h"

#ifndef MMSIM_DATA_DIR
#define MMSIM_DATA_DIR "/usr/local/share/mmsim"
#endif

#define HELP_COLUMN   24
#define MAX_FILE_NAME 64
#define ID_HELP       1000

static const struct cli_command *const commands[] = {
	&run_command,    &plot_command,   &report_command,  &compare_command, &sweep_command,
	&check_command,  &list_command,   &explain_command, &schema_command,  &procfs_command,
	&export_command, &import_command, &verify_command,
};

const struct cli_command *cli_command_at(size_t i)
{
	return i < ARRAY_LEN(commands) ? commands[i] : NULL;
}

void cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("mmsim: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

int cli_usage(const struct cli_command *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "mmsim %s: ", command->name);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\nusage: mmsim %s %s\n", command->name, command->args);
	va_end(ap);
	return EXIT_INPUT;
}

/* Texts that are printed some time later, all of them small. */
static struct {
	char **texts; /* owned until the program ends */
	size_t n, cap;
} kept;

static const char *keep(char *text)
{
	void *texts = kept.texts;

	sim_grow(&texts, &kept.cap, kept.n + 1, sizeof(*kept.texts));
	kept.texts = texts;
	kept.texts[kept.n++] = text;
	return text;
}

const char *cli_escape(const char *text)
{
	return keep(diag_escape(text, strlen(text), 200));
}

const char *cli_did_you_mean(const char *word, const char *const *list, size_t n)
{
	const char *near = diag_nearest(word, list, n);

	return near ? keep(str_format("; did you mean \"%s\"?", near)) : "";
}

bool cli_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	cli_error("standard output: %s", strerror(errno));
	return false;
}

static void print_option(const struct cli_option *o)
{
	int n = o->id < 256 ? printf("  -%c, --%s", o->id, o->name) : printf("      --%s", o->name);

	if (o->arg)
		n += printf(o->id < 256 ? " %s" : "=%s", o->arg);
	if (n >= HELP_COLUMN + 6)
		n = printf("\n") - 1;
	printf("%*s%s\n", HELP_COLUMN + 6 - n, "", o->meaning);
}

static void print_command_help(const struct cli_command *c)
{
	printf("usage: mmsim %s %s\n\n%s\n", c->name, c->args, c->summary);
	if (c->details)
		printf("\n%s", c->details);
	puts("\noptions:");
	for (const struct cli_option *o = c->options; o->name; o++)
		print_option(o);
	print_option(&(struct cli_option){ 'h', "help", NULL, "this text" });
}

static void print_help(FILE *to)
{
	fputs("mmsim simulates a kernel's memory management.\n\nusage: mmsim COMMAND ...\n\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs(
	    "\nmmsim COMMAND --help, or mmsim help COMMAND, says more.  mmsim --version\n\n"
	    "exit codes: 0 done; 1 an expectation, comparison or verification failed; 2 wrong\n"
	    "input or usage; 3 the host failed; 70 a bug in mmsim; 130, 143 stopped by a signal\n",
	    to);
}

void cli_args_init(struct cli_args *a, const struct cli_command *command, int argc, char **argv)
{
	size_t n = 0, letters = 0;

	*a = (struct cli_args){ .command = command, .argc = argc, .argv = argv };
	a->letters[letters++] = ':'; /* a missing value is told apart from an unknown option */
	for (const struct cli_option *o = command->options; o->name; o++) {
		SIM_ASSERT(n < CLI_MAX_OPTIONS);
		a->options[n++] =
		    (struct option){ o->name, o->arg ? required_argument : no_argument, NULL,
				     o->id };
		if (o->id < 256) {
			a->letters[letters++] = (char)o->id;
			if (o->arg)
				a->letters[letters++] = ':';
		}
	}
	a->options[n] = (struct option){ "help", no_argument, NULL, ID_HELP };
	a->letters[letters++] = 'h';
	opterr = 0;
	optind = 1;
}

/* The word that getopt did not like. */
static void complain_option(const struct cli_args *a)
{
	const char *names[CLI_MAX_OPTIONS + 1];
	const char *word = a->argv[optind - 1];
	size_t n = 0;

	for (; a->options[n].name; n++)
		names[n] = a->options[n].name;
	if (strncmp(word, "--", 2) == 0 && !optopt) {
		char *name = sim_strndup(word + 2, strcspn(word + 2, "="));
		const char *near = diag_nearest(name, names, n);

		cli_usage(a->command, "unknown option --%s%s%s%s", cli_escape(name),
			  near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
		sim_free(name);
	} else if (strncmp(word, "--", 2) == 0) {
		cli_usage(a->command, "option %s takes no value", cli_escape(word));
	} else {
		char letter[2] = { (char)optopt, 0 };

		cli_usage(a->command, "unknown option -%s", cli_escape(letter));
	}
}

int cli_next(struct cli_args *a)
{
	int id = getopt_long(a->argc, a->argv, a->letters, a->options, NULL);

	a->value = optarg;
	switch (id) {
	case -1:
		return CLI_END;
	case 'h':
	case ID_HELP:
		print_command_help(a->command);
		return CLI_HELP;
	case '?':
		complain_option(a);
		return CLI_WRONG;
	case ':':
		cli_usage(a->command, "option %s needs a value", cli_escape(a->argv[optind - 1]));
		return CLI_WRONG;
	}
	return id;
}

int cli_leave(int found)
{
	if (found != CLI_HELP)
		return EXIT_INPUT;
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

char *cli_file_name(const char *text)
{
	struct str name = { 0 };

	for (const char *p = text; *p && name.len < MAX_FILE_NAME; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			      (*p >= '0' && *p <= '9') || *p == '_';

		str_addc(&name, letter || (name.len && (*p == '.' || *p == '-')) ? *p : '_');
	}
	if (!name.len)
		str_addc(&name, '_');
	return name.s;
}

bool cli_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *cli_read_file(const char *path, size_t max, size_t *len)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	char *bytes = NULL;

	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size < (off_t)max) {
		bytes = sim_alloc((size_t)st.st_size + 1);
		*len = fread(bytes, 1, (size_t)st.st_size, f);
		bytes[*len] = '\0';
	}
	fclose(f);
	return bytes;
}

bool cli_make_folder(const char *path)
{
	char *part = sim_strdup(path);
	bool ok = true;

	for (char *p = part + 1; ok; p++) {
		if (*p && *p != '/')
			continue;

		char c = *p;

		*p = '\0';
		ok = mkdir(part, 0777) == 0 || errno == EEXIST;
		if (ok && !cli_is_folder(part)) {
			errno = ENOTDIR;
			ok = false;
		}
		if (!ok)
			cli_error("%s: cannot make the folder: %s", cli_escape(part),
				  strerror(errno));
		*p = c;
		if (!c)
			break;
	}
	sim_free(part);
	return ok;
}

char *cli_data_folder(const char *in_tree, const char *installed)
{
	char program[4096];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash, *found[3] = { NULL, NULL, NULL };
	char *result = NULL;

	program[len > 0 ? len : 0] = '\0';
	slash = strrchr(program, '/');
	if (slash) {
		*slash = '\0';
		found[0] = str_format("%s/../%s", program, in_tree);
		found[1] = str_format("%s/../share/mmsim/%s", program, installed);
	}
	found[2] = str_format("%s/%s", MMSIM_DATA_DIR, installed);
	for (int i = 0; i < 3; i++) {
		if (!result && found[i] && access(found[i], R_OK | X_OK) == 0) {
			char *real = realpath(found[i], NULL);

			result = real ? sim_strdup(real) : NULL;
			free(real);
		}
		sim_free(found[i]);
	}
	return result;
}

const struct personality *cli_find_personality(const struct cli *cli, const char *name)
{
	struct str known = { 0 };

	for (int i = 0; cli->personalities[i]; i++) {
		if (strcmp(cli->personalities[i]->name, name) == 0) {
			str_free(&known);
			return cli->personalities[i];
		}
		str_addf(&known, "%s%s", i ? ", " : "", cli->personalities[i]->name);
	}
	cli_error("no kernel \"%s\"; accepted: %s", cli_escape(name), str_get(&known));
	str_free(&known);
	return NULL;
}

bool cli_time(const struct cli_command *command, const char *option, const char *text,
	      sim_time *time)
{
	const char *why;
	int64_t ns;

	if (unit_parse(UNIT_NS, text, strlen(text), &ns, &why) && ns >= 0) {
		*time = (sim_time)ns;
		return true;
	}
	cli_usage(command, "%s %s: accepted: %s", option, cli_escape(text), unit_written(UNIT_NS));
	return false;
}

bool cli_number(const struct cli_command *command, const char *option, const char *text, int min,
		int max, int *number)
{
	const char *why;
	int64_t n;

	if (unit_parse(UNIT_COUNT, text, strlen(text), &n, &why) && n >= min && n <= max) {
		*number = (int)n;
		return true;
	}
	cli_usage(command, "%s %s: accepted: %d..%d", option, cli_escape(text), min, max);
	return false;
}

bool cli_setting(const struct cli_command *command, const char *option, char *text,
		 struct setting *set)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		cli_usage(command, "%s %s: KEY=VALUE is needed", option, cli_escape(text));
		return false;
	}
	*equals = '\0';
	*set = (struct setting){ text, equals + 1 };
	return true;
}

static const struct cli_command *find_command(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(word, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static int no_command(const char *word)
{
	const char *names[ARRAY_LEN(commands)];

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i]->name;
	cli_error("no command \"%s\"%s (mmsim --help lists them)", cli_escape(word),
		  cli_did_you_mean(word, names, ARRAY_LEN(names)));
	return EXIT_INPUT;
}

/* mmsim help, mmsim help COMMAND */
static int help(int argc, char **argv)
{
	const struct cli_command *command;

	if (argc > 1) {
		cli_error("help: one command at a time");
		return EXIT_INPUT;
	}
	command = argc ? find_command(argv[0]) : NULL;
	if (argc && !command)
		return no_command(argv[0]);
	if (command)
		print_command_help(command);
	else
		print_help(stdout);
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

static bool is_word(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int cli_main(const struct cli *cli, int argc, char **argv)
{
	const struct cli_command *command = argc > 1 ? find_command(argv[1]) : NULL;

	signal(SIGXFSZ, SIG_IGN); /* a file that must not grow is an error like a full disk */
	if (command) {
		int exit_code = command->run(cli, argc - 1, argv + 1);

		input_forget();
		return exit_code;
	}
	if (argc < 2) {
		print_help(stderr);
		return EXIT_INPUT;
	}
	if (is_word(argv[1], "help", "--help", "-h"))
		return help(argc - 2, argv + 2);
	if (!is_word(argv[1], "--version", "-V", "version"))
		return no_command(argv[1]);
	if (argc > 2) {
		cli_error("%s: no more words are accepted", cli_escape(argv[1]));
		return EXIT_INPUT;
	}
	puts("mmsim " MMSIM_VERSION);
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}
