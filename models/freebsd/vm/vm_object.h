/*
 * vm_object.h - what pages belong to: memory of programs, files
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_object.c
 * Simplified:  an index takes the place of list and splay trees; locks are not taken, so nothing
 *              is tried again because of one
 * Left out:    devices, named objects of shared memory, charges for swap
 *
 *	program A --> object A --\
 *	                          >--> object that both had before fork --> ... --> a file
 *	program B --> object B --/
 *
 * An object that shadows another has the pages that were changed since; what it has not is looked
 * for behind it.  When only one shadow is left, it takes the pages over (vm_object_collapse).
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
	OBJ_COLORED = 2,    /* has a superpage colour: since its first fault */
	OBJ_ONEMAPPING = 4, /* each page is mapped by one entry at most */
	OBJ_DEAD = 8,
};

struct vm_object {
	struct freebsd_vm *vm;
	enum vm_object_type type;
	uint64_t size;                  /* pages */
	struct xarray resident, cached; /* index -> frame number plus one */
	pages_t resident_page_count, cached_page_count;
	int ref_count;          /* entries of maps, and shadows */
	int shadow_count;       /* objects in shadow_head */
	int paging_in_progress; /* those who work on it across sleeps */
	unsigned flags;
	struct vm_object *backing_object; /* with a reference; NULL */
	uint64_t backing_object_offset;   /* pages: where place 0 lies in it */
	struct list shadow_head;          /* of objects that this one backs */
	struct list shadow_list;          /* in backing_object's shadow_head */
	struct list rvq;                  /* its reservations */
	struct vnode *vnode;              /* OBJT_VNODE: borrowed */
	struct xarray swblocks;           /* index -> value: place in swap */
	pages_t nr_swblocks;              /* pages with a place in swap */
	pages_t swp_bcount; /* stretches of SWAP_META_PAGES with such pages: what OOM looks at */
	int id;
	struct list link; /* in freebsd_vm.objects */
};

static inline bool vm_object_anonymous(const struct vm_object *object)
{
	return object->type == OBJT_DEFAULT || object->type == OBJT_SWAP;
}

/* size in pages; one reference is the caller's. */
struct vm_object *vm_object_allocate(struct freebsd_vm *vm, enum vm_object_type type,
				     uint64_t size);
void vm_object_reference(struct vm_object *object);
/*
 * Drops a reference.  Without the last one memory of programs is given back (OBJT_VNODE stays);
 * if all that is left is one shadow, it takes the pages over.  Waits for I/O.
 */
void vm_object_deallocate(struct task *t, struct vm_object *object);
/*
 * Frees pages start..end (exclusive) and cached ones; waits for busy pages.  What somebody else
 * than mappings has wired stays and loses its contents.  clean_only: dirty pages stay.
 */
void vm_object_page_remove(struct task *t, struct vm_object *object, uint64_t start, uint64_t end,
			   bool clean_only);
void vm_object_pip_add(struct vm_object *object, int n);
void vm_object_pip_wakeup(struct vm_object *object);
/* At the end of the run: the index only. */
void vm_object_free_index(struct vm_object *object);

/* --- vm_object_shadow.c --- */

/*
 * Puts a new object of so many pages before *object, unless nobody shares it; the reference goes
 * over.  *offset: where the pages begin.
 */
void vm_object_shadow(struct freebsd_vm *vm, struct vm_object **object, uint64_t *offset,
		      uint64_t size);
/* The pages offset..offset + size of a shared object get one of their own; the new one. */
struct vm_object *vm_object_split(struct task *t, struct vm_object *orig, uint64_t offset,
				  uint64_t size);
/* Takes the pages of the object behind over, or goes past it, as often as it can. */
void vm_object_collapse(struct task *t, struct vm_object *object);
#endif
