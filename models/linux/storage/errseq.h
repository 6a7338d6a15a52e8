/*
 * errseq.h - an error that everybody who looks is told once
 *
 * Like:        Linux 6.1, lib/errseq.c
 *
 *	value = error | ERRSEQ_SEEN | how many different ones there were
 *
 * Each open file remembers the value it saw last.  An error that nobody has
 * seen yet is also told to those who open the file after it.
 */
#ifndef MMSIM_LINUX_ERRSEQ_H
#define MMSIM_LINUX_ERRSEQ_H

#include <stdint.h>

#define MAX_ERRNO      4095U
#define ERRSEQ_SEEN    (MAX_ERRNO + 1)
#define ERRSEQ_CTR_INC (2 * ERRSEQ_SEEN)

typedef uint32_t errseq_t;

/* Notes an error, a negative errno value; 0 does nothing. */
static inline void errseq_set(errseq_t *eseq, int error)
{
	uint32_t next = (*eseq & ~(MAX_ERRNO | ERRSEQ_SEEN)) | (uint32_t)-error;

	if (!error)
		return;
	/* who has seen the last one must be able to tell this one from it */
	*eseq = *eseq & ERRSEQ_SEEN ? next + ERRSEQ_CTR_INC : next;
}

/* Where somebody begins to look: before an error that nobody has seen. */
static inline errseq_t errseq_sample(const errseq_t *eseq)
{
	return *eseq & ERRSEQ_SEEN ? *eseq : 0;
}

/* The error, negative, if there was one since the last look; it counts as seen. */
static inline int errseq_check_and_advance(errseq_t *eseq, errseq_t *since)
{
	if (*eseq == *since)
		return 0;
	*eseq |= ERRSEQ_SEEN;
	*since = *eseq;
	return -(int)(*eseq & MAX_ERRNO);
}
#endif
