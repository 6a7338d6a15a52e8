/*
 * notes.h - what to say of settings before a run, and how short calls can be
 */
#ifndef MMSIM_LINUX_NOTES_H
#define MMSIM_LINUX_NOTES_H

#include "sim/sim.h"

/* A line for each setting that is accepted and hardly meant; after the boot. */
void linux_notes(struct sim *s, struct str *out);
/* The least time of a call that touches, reads or writes so many bytes, in ns; 0: another call. */
uint64_t linux_least_ns(struct sim *s, const struct op *op, int64_t bytes);

#endif
