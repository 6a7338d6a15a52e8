/*
 * jobs.c - several runs at a time, each in a process of its own
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/cli/jobs.h"
#include "sim/cli/progress.h"

int jobs_at_once(int asked, uint64_t need)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	int64_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t jobs = asked ? (uint64_t)asked : cpus > 0 ? (uint64_t)cpus : 1;

	if (need)
		jobs = min_u64(jobs, memory / 4 * 3 / need);
	return (int)clamp_u64(jobs, 1, JOBS_MAX);
}

int jobs_worse(int a, int b)
{
	static const int order[] = { EXIT_DONE,    EXIT_FAILED, EXIT_INPUT, EXIT_HOST,
				     EXIT_SIGTERM, EXIT_SIGINT, EXIT_BUG };
	size_t ia = 0, ib = 0;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		ia = order[i] == a ? i : ia;
		ib = order[i] == b ? i : ib;
	}
	return ia > ib ? a : b;
}

/* With the time that the rest will take, if it goes on like this. */
static void show_progress(int done, int n, double seconds)
{
	if (!progress_can_move())
		return;
	if (done == n)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%d of %d runs done, %.0f s left\033[K", done, n,
			seconds / done * (n - done));
}

/* Waits for one of them and returns its exit code.  A signal to us goes on to all. */
static int reap(pid_t *children, int *running, bool *told)
{
	int status;
	pid_t pid;

	while ((pid = wait(&status)) < 0) {
		if (errno != EINTR)
			return EXIT_HOST;
		for (int i = 0; !*told && progress_signal() && i < *running; i++)
			kill(children[i], progress_signal());
		*told = progress_signal() != 0;
	}
	for (int i = 0; i < *running; i++) {
		if (children[i] == pid) {
			children[i] = children[--*running];
			break;
		}
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	cli_error("a run was ended by signal %d", WTERMSIG(status));
	return WTERMSIG(status) == SIGINT    ? EXIT_SIGINT
	       : WTERMSIG(status) == SIGTERM ? EXIT_SIGTERM
	       : WTERMSIG(status) == SIGKILL ? EXIT_HOST
					     : EXIT_BUG;
}

/* all: whatever befalls one of them, short of the host and of signals, the others run. */
static int start(int n, int at_once, bool all, int *exit_code)
{
	pid_t children[JOBS_MAX];
	int next = 0, running = 0, done = 0, worst = EXIT_DONE;
	bool told = false, ends = false;
	double began = host_seconds();

	progress_start(FOREVER, false);
	for (;;) {
		bool more = next < n && !progress_signal() && !ends;

		if (more && running < at_once) {
			fflush(NULL);

			pid_t pid = fork();

			if (pid == 0) {
				progress_in_child();
				return next;
			}
			if (pid < 0) {
				cli_error("cannot start a process: %s", strerror(errno));
				worst = jobs_worse(worst, EXIT_HOST);
				ends = true;
				continue;
			}
			children[running++] = pid;
			next++;
		} else if (running) {
			int ended = reap(children, &running, &told);

			worst = jobs_worse(worst, ended);
			ends = ends || (ended > EXIT_FAILED && !(all && ended == EXIT_BUG));
			show_progress(++done, n, host_seconds() - began);
		} else {
			break;
		}
	}
	if (progress_signal())
		worst = jobs_worse(worst, progress_signal() == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM);
	progress_end();
	*exit_code = worst;
	return -1;
}

int jobs_fork(int n, int at_once, int *exit_code)
{
	return start(n, at_once, false, exit_code);
}

int jobs_fork_all(int n, int at_once, int *exit_code)
{
	return start(n, at_once, true, exit_code);
}
