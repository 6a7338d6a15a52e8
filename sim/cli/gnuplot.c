/*
 * gnuplot.c - draws a sheet with gnuplot, a program of its own
 *
 * gnuplot can run commands, so nothing that a user named ever becomes part of
 * a script: the script is a fixed file, names are rows of data, and the files
 * have names of ours in a private folder, in which gnuplot runs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/gnuplot.h"
#include "sim/cli/out_file.h"
#include "sim/cli/progress.h"

#define WIDTH         800 /* pixels, without the key */
#define KEY_WIDTH     60  /* of the key without text */
#define LETTER_WIDTH  8   /* pixels at most, as a rule */
#define MAX_LETTERS   64  /* of a label that are shown */
#define PANEL_HEIGHT  240 /* with the gap to the next */
#define KEY_LINE      22  /* of the key, pixels */
#define FRAME_HEIGHT  130 /* title and time axis */
#define MIN_TXT_LINES 20  /* of a panel */
#define FEW_STRETCHES 60  /* fewer are drawn so wide that they can be seen */
#define MAX_PICTURE   (256u << 20)

const char *const picture_formats[NR_PICTURE_FORMATS] = { "svg", "png", "pdf", "txt" };

/* ---- the data ---- */

void gnuplot_put_name(FILE *f, const char *name)
{
	for (; *name; name++)
		fputc((unsigned char)*name < 0x20 || *name == 0x7f || *name == '"' ? ' ' : *name,
		      f);
}

/* The label of a curve, cut if the key would get too wide. */
static void put_label(FILE *f, const char *label)
{
	char *cut = diag_escape(label, strlen(label), MAX_LETTERS);

	gnuplot_put_name(f, cut);
	sim_free(cut);
}

FILE *gnuplot_create(const char *folder, const char *name)
{
	char *path = str_format("%s/%s", folder, name);
	FILE *f = fopen(path, "wx");

	sim_free(path);
	return f;
}

/* The kinds of series in the order of panels.tsv. */
enum { KIND_SHADE, KIND_LIMIT, KIND_LINE, KIND_POINT };
static const char *const kinds[] = { "shade", "limit", "line", "point" };

static int kind_of(const struct curve *c)
{
	switch (c->style) {
	case CHART_SHADE:
	case CHART_ACTIVE:
	case CHART_SPAN:
		return KIND_SHADE;
	case CHART_LIMIT:
		return KIND_LIMIT;
	case CHART_LINE:
	case CHART_MEAN:
	case CHART_RATE:
		return KIND_LINE;
	case CHART_POINTS:
		return KIND_POINT;
	}
	return KIND_LINE;
}

/* How wide a stretch is at least: where there are few, so that they can be seen; else less than a
 * pixel, which leaves a tint. */
static double least_stretch(const struct sheet *s, const struct curve *c)
{
	return (s->last - s->first) / (c->n < FEW_STRETCHES ? FEW_STRETCHES * 8 : 2 * WIDTH);
}

/* What is below a logarithmic axis lies on its foot. */
static bool write_curve(const char *folder, const char *name, const struct sheet *s,
			const struct panel *p, const struct curve *c)
{
	bool shade = kind_of(c) == KIND_SHADE;
	double wide = least_stretch(s, c);
	FILE *f = gnuplot_create(folder, name);
	bool ok;

	if (!f)
		return false;
	put_label(f, c->label);
	fputc('\n', f);
	for (size_t i = 0; i < c->n; i++) {
		double least = shade ? c->x[i] + wide : p->logarithmic ? p->low : c->y[i];

		fprintf(f, "%.9g\t%.9g\n", c->x[i], c->y[i] < least ? least : c->y[i]);
	}
	ok = !ferror(f);
	return fclose(f) == 0 && ok;
}

static bool write_panel(const char *folder, const struct sheet *s, const struct panel *p,
			int number, FILE *panels)
{
	struct str looks[ARRAY_LEN(kinds)] = { 0 };
	int n[ARRAY_LEN(kinds)] = { 0 }, place = 0;
	bool ok = true;

	for (int c = 0; c < p->nr_curves; c++) {
		int kind = kind_of(&p->curves[c]);

		if (kind == KIND_LINE || kind == KIND_POINT)
			place++;
		str_addf(&looks[kind], " %d", p->curves[c].look ? p->curves[c].look : place);

		char *name = str_format("p%d-%s-%d.tsv", number, kinds[kind], ++n[kind]);

		ok = write_curve(folder, name, s, p, &p->curves[c]) && ok;
		sim_free(name);
	}
	gnuplot_put_name(panels, p->title);
	fputc('\t', panels);
	gnuplot_put_name(panels, *p->axis ? p->axis : " ");
	fprintf(panels, "\t%.9g\t%.9g\t%d\t%d\t%d\t%d\t%d\t0%s\t0%s\n", p->low, p->high,
		p->logarithmic, n[0], n[1], n[2], n[3], str_get(&looks[KIND_LINE]),
		str_get(&looks[KIND_POINT]));
	for (size_t i = 0; i < ARRAY_LEN(looks); i++)
		str_free(&looks[i]);
	return ok;
}

static bool write_data(const char *folder, const void *arg)
{
	const struct sheet *s = arg;
	FILE *f = gnuplot_create(folder, "sheet.tsv");
	bool ok = true;

	if (!f)
		return false;
	gnuplot_put_name(f, s->title);
	fprintf(f, "\t%s\t%.9g\t%.9g\t", s->time_label, s->first, s->last);
	gnuplot_put_name(f, *s->question ? s->question : " ");
	fputc('\n', f);
	if (fclose(f))
		return false;
	f = gnuplot_create(folder, "panels.tsv");
	if (!f)
		return false;
	for (int p = 0; p < s->nr_panels; p++)
		ok = write_panel(folder, s, &s->panels[p], p + 1, f) && ok;
	return fclose(f) == 0 && ok;
}

/* ---- the program ---- */

/* Only what a program needs to find its files; nothing that gnuplot would take for a setting. */
static char **environment(void)
{
	static const char *const names[] = { "PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME" };
	char **env = sim_calloc(ARRAY_LEN(names) + 2, sizeof(*env));
	int n = 0;

	env[n++] = sim_strdup("LC_ALL=C.UTF-8");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (getenv(names[i]))
			env[n++] = str_format("%s=%s", names[i], getenv(names[i]));
	return env;
}

/* Starts gnuplot in the folder, its messages going to errors.txt; an errno value if that fails. */
static int spawn(pid_t *pid, const char *folder, char *const argv[])
{
	posix_spawn_file_actions_t actions;
	char **env = environment();
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "errors.txt",
					 O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawnp(pid, "gnuplot", &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	for (char **e = env; *e; e++)
		sim_free(*e);
	sim_free(env);
	return error;
}

/* Waits; a signal to us ends it. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
		if (progress_signal())
			kill(pid, SIGTERM);
	}
	return status;
}

/* The whole of a file in the folder; NULL if it is not there, empty, or too large. */
static char *read_file(const char *folder, const char *name, size_t *len)
{
	char *path = str_format("%s/%s", folder, name);
	char *bytes = cli_read_file(path, MAX_PICTURE, len);

	sim_free(path);
	return bytes;
}

static void complain(const char *folder, int error, int status)
{
	size_t len;
	char *words;

	if (error) {
		cli_error("gnuplot cannot be started: %s (Debian: apt install gnuplot-nox)",
			  strerror(error));
		return;
	}
	words = read_file(folder, "errors.txt", &len);
	cli_error("gnuplot failed (%s %d)%s%s", WIFSIGNALED(status) ? "signal" : "exit code",
		  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), words ? ": " : "",
		  words ? cli_escape(words) : "");
	sim_free(words);
}

/* Pixels for the longest label. */
static int key_width(const struct sheet *s)
{
	size_t longest = 18;

	for (int p = 0; p < s->nr_panels; p++) {
		for (int c = 0; c < s->panels[p].nr_curves; c++) {
			size_t len = strlen(s->panels[p].curves[c].label);

			longest = len > longest ? len : longest;
		}
	}
	return KEY_WIDTH + LETTER_WIDTH * (int)(longest < MAX_LETTERS ? longest : MAX_LETTERS);
}

/* Pixels of a panel: all names of its key stand below each other in it. */
static int panel_height(const struct sheet *s)
{
	int most = 0;

	for (int p = 0; p < s->nr_panels; p++)
		most = s->panels[p].nr_curves > most ? s->panels[p].nr_curves : most;
	return most * KEY_LINE + 50 > PANEL_HEIGHT ? most * KEY_LINE + 50 : PANEL_HEIGHT;
}

void gnuplot_txt_size(int nr_panels, int *width, int *height)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	*width = size.ws_col < 40 ? 40 : size.ws_col > 300 ? 300 : size.ws_col;
	*height = (size.ws_row - 2) / (nr_panels > 2 ? 2 : nr_panels);
	*height = *height < MIN_TXT_LINES ? MIN_TXT_LINES : *height > 50 ? 50 : *height;
}

/* Runs the script over the data in the folder; returns the exit code. */
static int run_script(const struct drawing *d, enum picture_format format, const char *folder)
{
	char *scripts = cli_data_folder("scripts/plot", "plot");
	char *script = str_format("%s/%s", scripts ? scripts : "", d->script);
	int error, status = 0;
	char w[16], h[16], key[16];
	pid_t pid;
	bool ok;

	if (!scripts) {
		cli_error("scripts/plot is not there: mmsim is not installed as a whole");
		sim_free(script);
		return EXIT_HOST;
	}
	snprintf(w, sizeof(w), "%d", d->width);
	snprintf(h, sizeof(h), "%d", d->height);
	snprintf(key, sizeof(key), "%d", d->key);

	char *argv[] = { (char *)"gnuplot",
			 (char *)"-d",
			 (char *)"-c",
			 script,
			 (char *)picture_formats[format],
			 w,
			 h,
			 (char *)"picture",
			 key,
			 NULL };

	error = spawn(&pid, folder, argv);
	if (!error)
		status = wait_for(pid);
	ok = !error && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!ok && !progress_signal())
		complain(folder, error, status);
	sim_free(script);
	sim_free(scripts);
	return progress_signal() == SIGINT ? EXIT_SIGINT
	       : progress_signal()         ? EXIT_SIGTERM
	       : ok                        ? EXIT_DONE
					   : EXIT_HOST;
}

/* ---- the picture ---- */

/* The check sum of a PNG chunk: CRC-32, bit by bit. */
static uint32_t crc_of(const char *bytes, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint8_t)bytes[i];
		for (int b = 0; b < 8; b++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void add_big_endian(struct str *out, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		str_addc(out, (char)(v >> shift));
}

/* A chunk of text before the last one, which has 12 bytes. */
static void mark_png(struct str *out, const char *bytes, size_t len)
{
	static const char chunk[] = "tEXtSoftware\0" OUT_FILE_MARK;

	str_addn(out, bytes, len - 12);
	add_big_endian(out, sizeof(chunk) - 1 - 4);
	str_addn(out, chunk, sizeof(chunk) - 1);
	add_big_endian(out, crc_of(chunk, sizeof(chunk) - 1));
	str_addn(out, bytes + len - 12, 12);
}

/* Puts our mark into a picture, so that the next one may replace it. */
static void mark(struct str *out, enum picture_format format, const char *bytes, size_t len)
{
	static const char *const comments[NR_PICTURE_FORMATS] = {
		[PICTURE_SVG] = "<!-- " OUT_FILE_MARK " -->\n",
		[PICTURE_PDF] = "%" OUT_FILE_MARK "\n",
		[PICTURE_TXT] = "(" OUT_FILE_MARK ")\n",
	};

	if (format == PICTURE_PNG && len > 12) {
		mark_png(out, bytes, len);
		return;
	}
	str_addn(out, bytes, len);
	str_add(out, comments[format] ? comments[format] : "");
}

/* Text without the blanks at the ends of lines and more than one empty line. */
static void print_txt(const char *text, size_t len, struct str *out)
{
	const char *end = text + len;
	int empty = 1;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		const char *last;

		stop = stop ? stop : end;
		for (last = stop; last > line && (last[-1] == ' ' || last[-1] == '\f'); last--)
			;
		empty = last == line ? empty + 1 : 0;
		if (empty < 2) {
			str_addn(out, line, (size_t)(last - line));
			str_addc(out, '\n');
		}
		line = stop + 1;
	}
}

static int deliver(const char *folder, enum picture_format format, const char *path, bool force)
{
	struct str picture = { 0 }, text = { 0 };
	size_t len = 0;
	char *bytes = read_file(folder, "picture", &len);
	int exit_code = EXIT_HOST;

	if (!bytes) {
		complain(folder, 0, 0);
	} else {
		if (format == PICTURE_TXT) {
			print_txt(bytes, len, &text);
			sim_free(bytes);
			bytes = text.s;
			len = text.len;
		}
		if (path) {
			mark(&picture, format, bytes, len);
			exit_code = out_file_write(path, picture.s, picture.len, force);
		} else {
			fwrite(bytes, 1, len, stdout);
			exit_code = cli_flush() ? EXIT_DONE : EXIT_HOST;
		}
	}
	sim_free(bytes);
	str_free(&picture);
	return exit_code;
}

static void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	}
	if (dir)
		closedir(dir);
	rmdir(folder);
}

int gnuplot_run(const struct drawing *d, enum picture_format format, const char *path, bool force)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = str_format("%s/mmsim.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
	int exit_code = path ? out_file_check(path, force) : 0;

	if (exit_code) {
		sim_free(folder);
		return exit_code;
	}
	progress_start(FOREVER, false);
	if (!mkdtemp(folder)) {
		cli_error("%s: %s", cli_escape(folder), strerror(errno));
		exit_code = EXIT_HOST;
	} else {
		if (!d->write(folder, d->arg)) {
			cli_error("%s: %s", cli_escape(folder), strerror(errno));
			exit_code = EXIT_HOST;
		} else {
			exit_code = run_script(d, format, folder);
		}
		if (!exit_code)
			exit_code = deliver(folder, format, path, force);
		remove_folder(folder);
	}
	progress_end();
	sim_free(folder);
	return exit_code;
}

int gnuplot_draw(const struct sheet *s, enum picture_format format, const char *path, bool force)
{
	struct drawing d = {
		.script = "sheet.gp",
		.width = WIDTH + key_width(s),
		.height =
		    FRAME_HEIGHT + s->nr_panels * panel_height(s) + (s->nr_panels == 1 ? 140 : 0),
		.key = key_width(s),
		.write = write_data,
		.arg = s,
	};

	if (format == PICTURE_TXT)
		gnuplot_txt_size(s->nr_panels, &d.width, &d.height);
	return gnuplot_run(&d, format, path, force);
}
