/*
 * progress.c - what happens beside a run: signals, and a bar for people who wait
 *
 * A signal only leaves a note; the loop reads it between two events, so that
 * the results are complete up to one moment.  A second signal ends at once.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/progress.h"

#define FIRST_MS 500
#define NEXT_MS  200
#define MAX_BAR  40

static volatile sig_atomic_t caught; /* signal, 0: none */
static volatile sig_atomic_t due;    /* the bar is to be drawn */
static volatile sig_atomic_t asked;  /* somebody wants to know how far the run is */

static struct {
	sim_time until;
	double began; /* host time */
	bool bar, drawn, colour;
	bool child; /* signals are never given back */
} progress;

double host_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void on_stop(int sig)
{
	caught = sig;
}

static void on_alarm(int sig)
{
	(void)sig;
	due = 1;
}

static void on_question(int sig)
{
	(void)sig;
	asked = 1;
}

static void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_flags = flags };

	sa.sa_handler = handler;
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static void set_timer(int first_ms, int next_ms)
{
	struct itimerval t = {
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000 },
		.it_interval = { next_ms / 1000, next_ms % 1000 * 1000 },
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

bool progress_can_move(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void progress_start(sim_time until, bool bar)
{
	const char *no_color = getenv("NO_COLOR");

	due = 0; /* a signal that came before is not forgotten */
	progress.until = until;
	progress.began = host_seconds();
	progress.bar = bar && progress_can_move();
	progress.drawn = false;
	progress.colour = !(no_color && *no_color);
	handle(SIGINT, on_stop, progress.child ? 0 : (int)SA_RESETHAND);
	handle(SIGTERM, on_stop, progress.child ? 0 : (int)SA_RESETHAND);
	handle(SIGUSR1, on_question, SA_RESTART);
	if (progress.bar) {
		handle(SIGALRM, on_alarm, SA_RESTART);
		set_timer(FIRST_MS, NEXT_MS);
	}
}

static int terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* "31.4 s of 60 s, 12.3 s per second, 2 s left" */
static void print_status(const struct sim *s)
{
	double host = host_seconds() - progress.began;
	double now = (double)s->now / 1e9;
	double rate = host > 0 ? now / host : 0;
	bool known = progress.until != FOREVER;
	double until = known ? (double)progress.until / 1e9 : 0;

	fprintf(stderr, "%.1f s", now);
	if (known)
		fprintf(stderr, " of %.6g s", until);
	fprintf(stderr, ", %.3g s per second", rate);
	if (known && rate > 0)
		fprintf(stderr, ", %.0f s left", (until - now) / rate);
}

/* [=====>     ] and the status */
static void draw(const struct sim *s)
{
	bool known = progress.until != FOREVER && progress.until;
	double done = known ? (double)s->now / (double)progress.until : 0;
	int width = terminal_columns() - 50;

	width = progress.until == FOREVER || width < 5 ? 0 : width > MAX_BAR ? MAX_BAR : width;
	fputs("\r", stderr);
	if (width) {
		int filled = (int)(done * width);

		fprintf(stderr, "[%s", progress.colour ? "\033[36m" : "");
		for (int i = 0; i < width; i++)
			fputc(i < filled ? '=' : i == filled ? '>' : ' ', stderr);
		fprintf(stderr, "%s] ", progress.colour ? "\033[0m" : "");
	}
	print_status(s);
	fputs("\033[K", stderr);
	fflush(stderr);
	progress.drawn = true;
}

/* A line for who asked, above the bar. */
static void answer(const struct sim *s)
{
	fputs(progress.drawn ? "\r\033[Kmmsim: " : "mmsim: ", stderr);
	print_status(s);
	fputc('\n', stderr);
	fflush(stderr);
}

void progress_event(struct sim *s)
{
	if (__builtin_expect(caught != 0, 0)) {
		s->stop = true;
		s->stop_reason =
		    caught == SIGINT ? "interrupted (SIGINT)" : "told to end (SIGTERM)";
	}
	if (__builtin_expect(asked != 0, 0)) {
		asked = 0;
		answer(s);
	}
	if (__builtin_expect(due != 0, 0)) {
		due = 0;
		draw(s);
	}
}

void progress_hide(void)
{
	if (progress.bar) {
		set_timer(0, 0);
		handle(SIGALRM, SIG_DFL, 0);
	}
	if (progress.drawn)
		fputs("\r\033[K", stderr);
	progress.bar = progress.drawn = false;
}

void progress_end(void)
{
	progress_hide();
	if (progress.child)
		return;
	handle(SIGINT, SIG_DFL, 0);
	handle(SIGTERM, SIG_DFL, 0);
	handle(SIGUSR1, SIG_DFL, 0);
}

void progress_in_child(void)
{
	progress.child = true;
	progress_start(FOREVER, false);
}

int progress_signal(void)
{
	return caught;
}
