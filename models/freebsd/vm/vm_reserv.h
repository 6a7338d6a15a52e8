/*
 * vm_reserv.h - stretches of 2 MiB set aside for one object, in the hope of a superpage
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_reserv.c
 * Simplified:  a full reservation is counted and nothing more (no promotion); colours are 0, as
 *              mappings begin at multiples of 2 MiB
 *
 * Pages of a reservation that nobody uses are free, and are counted as free, but are in no list of
 * free blocks.  When these are empty, the reservation that was changed longest ago is broken.
 */
#ifndef MMSIM_FREEBSD_VM_RESERV_H
#define MMSIM_FREEBSD_VM_RESERV_H

#include "models/freebsd/freebsd.h"

#define VM_LEVEL_0_ORDER 9
#define VM_RESERV_PAGES  512

struct vm_reserv {
	int owner;       /* id of its object plus one; 0: none */
	uint64_t pindex; /* of its first page */
	int popcnt;      /* pages in use */
	bool queued;
	struct list partpopq; /* in reservations.partpop while 0 < popcnt < 512 */
	struct list objq;     /* in its object's rvq */
};

struct reservations {
	struct vm_reserv *array; /* owned; reserved, by frame number / 512 */
	size_t n;
	struct list partpop; /* the one changed last at the tail */
};

void vm_reserv_init(struct freebsd_vm *vm);
void vm_reserv_done(struct freebsd_vm *vm);
/* A page for a place of an object out of a reservation, a new one if need be; NULL: none. */
struct vm_page *vm_reserv_alloc_page(struct freebsd_vm *vm, struct vm_object *object,
				     uint64_t pindex);
/* A page that is free or cached now goes back to its reservation; false: it has none. */
bool vm_reserv_free_page(struct freebsd_vm *vm, const struct vm_page *m);
/* A cached page is used again; false: it is in no reservation. */
bool vm_reserv_reactivate_page(struct freebsd_vm *vm, const struct vm_page *m);
/* Breaks the reservation that was changed longest ago; false: there is none. */
bool vm_reserv_reclaim(struct freebsd_vm *vm);
/* An object goes: what is left of its reservations are pages of others, and free ones. */
void vm_reserv_break_all(struct freebsd_vm *vm, const struct vm_object *object);
/* The reservation around a page goes over to another object, whose places begin at offset. */
void vm_reserv_rename(struct freebsd_vm *vm, const struct vm_page *m, struct vm_object *to,
		      const struct vm_object *from, uint64_t offset);
/* Pages of reservations that are not in use. */
uint64_t vm_reserv_unused(const struct freebsd_vm *vm);
#endif
