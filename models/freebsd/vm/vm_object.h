/*
 * vm_object.h - what pages belong to: memory of programs, files
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_object.c
 * Simplified:  an index takes the place of list and splay trees; a private mapping of a file has
 *              one object of its own before that of the file
 * Left out:    chains of shadow objects (there is no fork), devices
 */
#ifndef MMSIM_FREEBSD_VM_OBJECT_H
#define MMSIM_FREEBSD_VM_OBJECT_H

#include "models/freebsd/vm/vm_page.h"

enum vm_object_type {
	OBJT_DEFAULT, /* anonymous memory that was never written to swap */
	OBJT_SWAP,
	OBJT_VNODE,
	OBJT_DEVICE,
	OBJT_PHYS,
	OBJT_DEAD,
	OBJT_SG,
};

enum vm_object_flag {
	OBJ_MIGHTBEDIRTY = 1,
	OBJ_COLORED = 2, /* has a superpage colour: since its first fault */
};

struct vm_object {
	struct freebsd_vm *vm;
	enum vm_object_type type;
	uint64_t size;                  /* pages */
	struct xarray resident, cached; /* index -> frame number plus one */
	pages_t resident_page_count, cached_page_count;
	int ref_count;
	int shadow_count;
	int paging_in_progress;
	unsigned flags;
	struct vm_object *backing_object; /* borrowed, with a reference; NULL */
	struct vnode *vnode;              /* OBJT_VNODE: borrowed */
	struct xarray swblocks;           /* index -> value: place in swap plus one */
	pages_t nr_swblocks;
	int id;
	struct list link; /* in freebsd_vm.objects */
};

/* size in pages; one reference is the caller's. */
struct vm_object *vm_object_allocate(struct freebsd_vm *vm, enum vm_object_type type,
				     uint64_t size);
/* Drops a reference; without the last one memory of programs is given back (OBJT_VNODE stays). */
void vm_object_deallocate(struct freebsd_vm *vm, struct vm_object *object);
/* Frees pages start..end (exclusive); wired ones and those under I/O only lose their contents. */
void vm_object_page_remove(struct freebsd_vm *vm, struct vm_object *object, uint64_t start,
			   uint64_t end);
/* At the end of the run: the index only. */
void vm_object_free_index(struct vm_object *object);
#endif
