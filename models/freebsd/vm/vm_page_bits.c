/*
 * vm_page_bits.c - which blocks of 512 bytes of a page are valid, and which are dirty
 *
 * A page has eight of them.  Ranges are rounded outwards: a block that is only touched counts.  The
 * arithmetic is that of the kernel's int; what it asserts of ranges is for the caller to test
 * (vm_page_range_valid), since a kernel without assertions computes on.
 */
#include "models/freebsd/vm/pmap.h"

/* Shifts as the processor makes them: by the low five bits of the count. */
static int shift_left(int value, int count)
{
	return (int)((unsigned)value << (count & 31));
}

static int shift_right(int value, int count)
{
	return (int)(value >= 0 ? (unsigned)value >> count : ~(~(unsigned)value >> count));
}

static int add_int(int a, int b)
{
	return (int)((unsigned)a + (unsigned)b);
}

int vm_page_bits(int base, int size)
{
	int first, last;

	if (size == 0)
		return 0;
	first = shift_right(base, DEV_BSHIFT);
	last = shift_right(add_int(add_int(base, size), -1), DEV_BSHIFT);
	return (int)((unsigned)shift_left(2, last) - (unsigned)shift_left(1, first));
}

bool vm_page_range_valid(int base, int size)
{
	return base >= 0 && size >= 0 && base <= FREEBSD_PAGE_SIZE - size;
}

static bool block_valid(const struct vm_page *m, int byte)
{
	return m->valid & (1 << (shift_right(byte, DEV_BSHIFT) & 31));
}

/* The parts of the first and the last block that lie outside: cleared if nothing valid is there. */
static void zero_edges(struct vm_page *m, int base, int size)
{
	int start = base & ~(DEV_BSIZE - 1), end = add_int(base, size);

	if (start != base && !block_valid(m, base))
		pmap_zero_page_area(m, start, base - start);
	if ((end & (DEV_BSIZE - 1)) && !block_valid(m, end))
		pmap_zero_page_area(m, end, DEV_BSIZE - (end & (DEV_BSIZE - 1)));
}

void vm_page_set_valid(struct vm_page *m, int base, int size)
{
	if (size == 0)
		return;
	zero_edges(m, base, size);
	m->valid |= (uint8_t)vm_page_bits(base, size);
}

void vm_page_set_validclean(struct freebsd_vm *vm, struct vm_page *m, int base, int size)
{
	uint8_t old = m->valid;

	(void)vm;
	if (size == 0)
		return;
	zero_edges(m, base, size);
	m->valid |= (uint8_t)vm_page_bits(base, size);
	if (base == 0 && size == FREEBSD_PAGE_SIZE) {
		/* only a page that was wholly valid can be mapped */
		if (old == VM_PAGE_BITS_ALL)
			pmap_clear_modify(m);
		m->dirty = 0;
		m->oflags &= (uint8_t)~VPO_NOSYNC;
	} else {
		m->dirty &= (uint8_t)~vm_page_bits(base, size);
	}
}

void vm_page_clear_dirty(struct vm_page *m, int base, int size)
{
	m->dirty &= (uint8_t)~vm_page_bits(base, size);
}

void vm_page_set_invalid(struct freebsd_vm *vm, struct vm_page *m, int base, int size)
{
	int bits = vm_page_bits(base, size);

	if (m->oflags & VPO_BUSY) {
		vm_panic(vm, "vm_page_set_invalid: page is busy");
		return;
	}
	/* what a mapping has modified becomes dirty, outside of the range, too */
	if (m->valid == VM_PAGE_BITS_ALL && bits != 0)
		pmap_remove_all(vm, m);
	m->valid &= (uint8_t)~bits;
	m->dirty &= (uint8_t)~bits;
}

void vm_page_zero_invalid(struct vm_page *m, bool setvalid)
{
	if (!m->valid)
		m->contents = 0;
	for (int b = 0; b < FREEBSD_PAGE_SIZE / DEV_BSIZE; b++)
		if (!(m->valid & (1 << b)))
			pmap_zero_page_area(m, b << DEV_BSHIFT, DEV_BSIZE);
	if (setvalid)
		m->valid = VM_PAGE_BITS_ALL;
}

int vm_page_is_valid(const struct freebsd_vm *vm, const struct vm_page *m, int base, int size)
{
	int bits = vm_page_bits(base, size);

	/* the manual page has it the other way round */
	if (size == 0 && vm && vm->man_page_semantics)
		return m->valid == 0;
	return m->valid != 0 && (m->valid & bits) == bits;
}

void vm_page_test_dirty(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->dirty != VM_PAGE_BITS_ALL && pmap_is_modified(m))
		vm_page_dirty(vm, m);
}

void vm_page_dirty(struct freebsd_vm *vm, struct vm_page *m)
{
	if (m->flags & PG_CACHED) {
		vm_panic(vm, "vm_page_dirty: page in cache");
		return;
	}
	if (!(m->flags & PG_IN_USE)) {
		vm_panic(vm, "vm_page_dirty: page is free");
		return;
	}
	if (m->valid != VM_PAGE_BITS_ALL) {
		vm_panic(vm, "vm_page_dirty: page is invalid");
		return;
	}
	m->dirty = VM_PAGE_BITS_ALL;
}

void vm_page_undirty(struct vm_page *m)
{
	m->dirty = 0;
}
