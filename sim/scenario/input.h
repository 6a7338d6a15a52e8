/*
 * input.h - the bytes of a user's file, before anything is made of them
 */
#ifndef MMSIM_SCENARIO_INPUT_H
#define MMSIM_SCENARIO_INPUT_H

#include <sys/types.h>

#include "sim/base/diag.h"
#include "sim/base/types.h"

/* A file that was read, and which file of the host it is. */
struct input {
	char *text; /* owned by the caller, from sim_alloc; a zero byte behind it */
	size_t len;
	dev_t device;
	ino_t inode;
};

/*
 * Reads a regular file of at most max bytes (or, if from_stdin, standard input whatever path says;
 * a second time it gives the same again), or the next of d->again.
 * at is where the file was asked for.  false: an error was added, and there is no text.
 */
bool input_read(struct input *in, struct diag *d, const char *path, bool from_stdin, size_t max,
		struct place at);

/* Lets go of what was kept of standard input. */
void input_forget(void);

/* Tests that a file is UTF-8 text of accepted characters; false: an error was added. */
bool input_check(struct diag *d, const struct diag_file *file);

/*
 * Characters that may stand in a file: what can be printed, and of the ends of lines only those
 * that every editor shows as such, so that lines are counted as the user counts them.
 */
bool input_accepts(uint32_t code);

/* The place of a byte of a file, one character wide. */
struct place input_place(const struct diag_file *file, size_t offset);
#endif
