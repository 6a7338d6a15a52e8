/*
 * progress.h - what happens beside a run: signals, and a bar for people who wait
 */
#ifndef MMSIM_CLI_PROGRESS_H
#define MMSIM_CLI_PROGRESS_H

#include "sim/engine/sim.h"

/* From now on SIGINT and SIGTERM are remembered; with bar a timer wakes us to draw. */
void progress_start(sim_time until, bool bar);
/* After each event: stops the run on a signal, draws when it is time. */
void progress_event(struct sim *s);
/* Takes the bar away. */
void progress_hide(void);
/* Gives the signals back. */
void progress_end(void);
/*
 * In a process that another one waits for: a signal comes from the terminal and from that one, and
 * the second must not end it at once.  From now on all are only remembered.
 */
void progress_in_child(void);
/* The signal that came, 0: none. */
int progress_signal(void);
/* Whether standard error is a terminal on which a line can be written again. */
bool progress_can_move(void);
/* Host time for people: seconds since some moment.  Never for results. */
double host_seconds(void);
#endif
