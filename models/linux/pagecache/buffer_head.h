/*
 * buffer_head.h - what a file system without iomap keeps of the block of a page
 *
 * Like:        Linux 6.1, fs/buffer.c: who gets buffer heads and when, who gives them back
 * Simplified:  a block is a page, so a page has one head; its state is that of its page: dirty or
 *              busy when that is
 * Left out:    buffers of metadata; the limit on all heads (a tenth of memory is never reached with
 *              one head a page)
 *
 *	write, store, single read -> PG_private, one reference, one object of the slab cache
 *	reclaim, truncation, invalidation of a page that is neither dirty nor being written -> gone
 */
#ifndef MMSIM_LINUX_BUFFER_HEAD_H
#define MMSIM_LINUX_BUFFER_HEAD_H

#include "models/linux/linux.h"

static inline bool page_has_buffers(const struct page *page)
{
	return page->flags & PG_private;
}

/* References that are the heads' own, in what all those who hold a page add up to. */
static inline int32_t page_buffers_references(const struct page *page)
{
	return page_has_buffers(page) ? 1 : 0;
}

/* Gives a locked page heads unless it has some; sleeps until there is memory for them. */
void create_page_buffers(struct task *t, struct page *page);
/* What taking them off a page takes of its task's time, before it does so. */
void spend_free_buffers(struct task *t, const struct page *page);
/* Takes them off a locked page.  False: they are dirty or being written, as it is. */
bool try_to_free_buffers(struct linux_vm *vm, struct page *page);
/* Its content is thrown away: the heads of a locked page that is not being written go, dirty or
 * not. */
void block_invalidate_folio(struct linux_vm *vm, struct page *page);
/* The heads of a page that moves to another frame, which have a reference there from now on. */
void move_page_buffers(struct linux_vm *vm, struct page *from, struct page *to);
/* The slab that the heads of a page lie in; 0: they cost nothing. */
uint32_t page_buffers_slab(const struct linux_vm *vm, const struct page *page);
#endif
