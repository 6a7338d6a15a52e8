/*
 * sweep_runs.c - the runs of a sweep, each in a process of its own
 *
 * A run writes its results under a name that nobody else uses; its figures become the file of the
 * point, which appears at once, and the results go away.  So whatever is killed, and whoever else
 * computes the same point at the same time: a point is there as a whole, or it is not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/jobs.h"
#include "sim/cli/progress.h"
#include "sim/cli/sweep.h"

#define MAX_ERROR 8192 /* bytes that are kept */

/* ---- what is in the folder ---- */

#define KEY_DIGITS 16 /* at the beginning of each name */

/* "-HOST-": behind it stands the process that uses a file. */
static char *own_mark(void)
{
	char host[65] = "host", *safe, *mark;

	gethostname(host, sizeof(host) - 1);
	safe = cli_file_name(host);
	mark = str_format("-%s-", safe);
	sim_free(safe);
	return mark;
}

/* Whether a name is that of a file which a process of this computer used that is no more. */
static bool is_left_behind(const char *name, const char *mark)
{
	const char *number = name + KEY_DIGITS + strlen(mark);
	char *end;
	int64_t pid;

	if (strlen(name) < KEY_DIGITS + strlen(mark) ||
	    strncmp(name + KEY_DIGITS, mark, strlen(mark)) != 0)
		return false;
	pid = strtoll(number, &end, 10);
	return pid > 0 && *end == '.' && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void remove_left_behind(const char *folder)
{
	char *mark = own_mark();
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (is_left_behind(e->d_name, mark))
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	sim_free(mark);
}

static bool is_done(const struct sweep *s, int point)
{
	char *path = sweep_path(s, point, ".point"), *db = sweep_path(s, point, ".db");
	struct sweep_point p;
	bool done = sweep_point_read(path, s->keys[point], &p);

	if (done && s->keep && !sweep_point_refused(&p))
		done = access(db, F_OK) == 0;
	sweep_point_free(&p);
	sim_free(path);
	sim_free(db);
	return done;
}

/* ---- what is said on standard error ---- */

/*
 * Where it goes: a file, where it stays if the run does not come to its end.  On a disk that is
 * full nobody could read there that it is; then memory keeps it.
 */
static int open_log(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd >= 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, MAX_ERROR) && errno == ENOSPC) {
		close(fd);
		fd = -1;
	}
	return fd >= 0 ? fd : memfd_create("log", MFD_CLOEXEC);
}

/* From now on it goes to fd; what it was, or -1. */
static int divert(int fd)
{
	int before = fd < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	fflush(stderr);
	if (before >= 0)
		dup2(fd, STDERR_FILENO);
	return before;
}

/* Goes back and closes fd; what was said.  The caller frees it. */
static char *end_divert(int fd, int before)
{
	char *text = sim_calloc(1, MAX_ERROR + 1);
	ssize_t len = 0;

	fflush(stderr);
	if (before >= 0) {
		dup2(before, STDERR_FILENO);
		close(before);
		len = pread(fd, text, MAX_ERROR, 0);
	}
	text[len > 0 ? len : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* A file of results, and what SQLite leaves beside one that could not be ended. */
static void remove_results(const char *db)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char *path = str_format("%s%s", db, ends[i]);

		unlink(path);
		sim_free(path);
	}
}

/* Without the folder of the scenario: where it lies is no part of what came out. */
static char *without_folder(const struct sweep *s, const char *text)
{
	const char *slash = strrchr(s->plan.scenario, '/');
	size_t len = slash ? (size_t)(slash - s->plan.scenario) + 1 : 0;
	struct str out = { 0 };

	while (*text) {
		if (len && strncmp(text, s->plan.scenario, len) == 0)
			text += len;
		else
			str_addc(&out, *text++);
	}
	return str_take(&out);
}

/* ---- one point ---- */

static void take_expectations(struct sweep_point *p, const struct run_result *result)
{
	const char *line = str_get(&result->report) + result->expect_from;
	const char *end = str_get(&result->report) + result->expect_to;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		char *text;

		stop = stop ? stop : end;
		text = sim_strndup(line + 6, (size_t)(stop - line) - 6); /* behind "pass: " */
		sweep_point_add_expectation(p, *line == 'p', text);
		sim_free(text);
		line = stop + 1;
	}
}

/* Failures that are none of expectations: the rest of the report. */
static void take_failures(const struct sweep *s, struct sweep_point *p,
			  const struct run_result *result)
{
	const char *rest = str_get(&result->report) + result->expect_to;
	const char *first = strncmp(rest, "FAIL: ", 6) == 0 ? rest : strstr(rest, "\nFAIL: ");

	p->error = without_folder(s, first ? first + (*first == '\n') : "");
}

static bool take_figures(const struct sweep *s, struct sweep_point *p, const char *path)
{
	const struct personality *kernel;
	struct figures fs;
	int exit_code;
	struct db *db = db_open(path, &exit_code);

	kernel = db ? cli_personality_of(s->plan.cli, db) : NULL;
	if (!kernel) {
		db_close(db);
		return false;
	}
	figures_read(&fs, &db, 1, kernel);
	p->digest = sim_strdup(fs.digest[0]);
	for (int i = 0; i < fs.n; i++)
		if (fs.f[i].has[0])
			sweep_point_add_figure(p, fs.f[i].name, fs.f[i].unit, fs.f[i].values[0],
					       fs.f[i].is_failure);
	figures_free(&fs);
	db_close(db);
	return true;
}

/* What cannot be run is a result, too. */
static int keep_refusal(const struct sweep *s, int point, const char *said)
{
	char *path = sweep_path(s, point, ".point");
	struct sweep_point p = { .state = sim_strdup("refused"),
				 .digest = sim_strdup(""),
				 .error = without_folder(s, said),
				 .failures = 1 };
	int exit_code = sweep_point_write(path, s->keys[point], &p);

	sweep_point_free(&p);
	sim_free(path);
	return exit_code ? exit_code : EXIT_FAILED;
}

static int keep_results(const struct sweep *s, int point, const struct run_result *result,
			const char *db)
{
	char *path = sweep_path(s, point, ".point"), *kept = sweep_path(s, point, ".db");
	struct sweep_point p = { .state = sim_strdup(result->state),
				 .end = (int64_t)result->end,
				 .failures = result->failures };
	int exit_code = EXIT_HOST;

	take_expectations(&p, result);
	take_failures(s, &p, result);
	if (take_figures(s, &p, db) && (!s->keep || rename(db, kept) == 0))
		exit_code = sweep_point_write(path, s->keys[point], &p);
	sweep_point_free(&p);
	sim_free(path);
	sim_free(kept);
	return exit_code ? exit_code : result->failures ? EXIT_FAILED : EXIT_DONE;
}

/* In the child. */
static int run_point(const struct sweep *s, int point)
{
	struct setting sets[PLAN_MAX_AXES + 1];
	char seed[24], *mark = own_mark();
	char *name = str_format("%s%d.db", mark, (int)getpid());
	char *log = str_format("%s%d.err", mark, (int)getpid());
	char *db = sweep_path(s, point, name), *err = sweep_path(s, point, log), *said;
	struct run_options o = {
		.scenario = s->plan.scenario,
		.sets = sets,
		.nr_sets = sweep_settings(s, point, sets, seed),
		.out = db,
		.scratch = !s->keep,
		.until = s->plan.until,
	};
	struct run_result result;
	int log_fd = open_log(err), before = divert(log_fd);
	int exit_code = run_one(s->plan.cli, &o, &result);

	said = end_divert(log_fd, before);
	if (exit_code == EXIT_INPUT)
		exit_code = keep_refusal(s, point, said);
	else if (exit_code <= EXIT_FAILED)
		exit_code = keep_results(s, point, &result, db);
	else
		fputs(said, stderr);
	remove_results(db);
	unlink(err);
	run_result_free(&result);
	sim_free(said);
	sim_free(mark);
	sim_free(name);
	sim_free(log);
	sim_free(db);
	sim_free(err);
	return exit_code;
}

/* ---- all of them ---- */

static void say_ended_early(const struct sweep *s, const int *points, int n)
{
	int nr_done = 0;

	for (int i = 0; i < n; i++)
		nr_done += is_done(s, points[i]);
	cli_error("ended early; of %d points %d %s done.  The same command runs the rest", n,
		  nr_done, nr_done == 1 ? "is" : "are");
}

int sweep_run(struct sweep *s, const int *points, int n)
{
	char *folder = str_format("%s/points", s->folder);
	int *left = sim_calloc((size_t)n + 1, sizeof(*left));
	int nr_left = 0, exit_code = EXIT_HOST, i;

	if (cli_make_folder(folder)) {
		remove_left_behind(folder);
		for (int p = 0; p < n; p++)
			if (!is_done(s, points[p]))
				left[nr_left++] = points[p];
		i = jobs_fork_all(nr_left, jobs_at_once(s->jobs, s->need), &exit_code);
		if (i >= 0)
			_exit(run_point(s, left[i]));
		if (exit_code > EXIT_FAILED)
			say_ended_early(s, points, n);
	}
	if (exit_code <= EXIT_FAILED && !s->plan.quiet && !s->json && !s->csv)
		printf("points     %d: %d run now, %d were there\n", n, nr_left, n - nr_left);
	sim_free(left);
	sim_free(folder);
	return exit_code;
}
