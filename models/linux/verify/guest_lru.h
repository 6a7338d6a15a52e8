/*
 * guest_lru.h - pages of programs and files as they were found before the start of a guest
 *
 * before/lru.txt, if there is one: the lists of reclaim in their order, what lies on them, and the
 * address spaces that map it, frame by frame.  See docs/real_kernel.md.
 */
#ifndef MMSIM_LINUX_GUEST_LRU_H
#define MMSIM_LINUX_GUEST_LRU_H

#include "models/linux/verify/verify.h"
#include "models/linux/task.h"

/* The lists of reclaim as files of a case name them. */
extern const char *const guest_lru_names[LRU_UNEVICTABLE];

/* Whether the case says what lay on the lists. */
bool guest_lru_found(const struct verify_case *c);
/* A machine whose free lists were adopted gets all of it; t: for what takes no time.  False after
 * reporting to c->diag. */
bool guest_lru_adopt(struct verify_case *c, struct task *t);
/* A task that has begun gets the address space that was found under its name, if there is one. */
void guest_lru_give(struct task *t, const char *name);

/* What each operation of a process uses of its own memory. */
#define GUEST_USES 8
struct guest_uses {
	uint64_t addr[GUEST_USES]; /* of pages */
	int n;
	uint64_t call[GUEST_USES]; /* of those that a call of its library reads before it goes on */
	int nr_call;
	uint64_t step[GUEST_USES]; /* of those that reading the words of a step reads */
	int nr_step;
	uint64_t buffer; /* for what it reads and writes; 0: none */
};
/* The same of an address space that was found; buffer: bytes. */
void guest_lru_uses(struct task *t, bytes_t buffer, struct guest_uses *uses);
#endif
