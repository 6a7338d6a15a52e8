/*
 * test_freebsd_bits.c - the valid and dirty bits of a page and a reference with a byte for each
 * block get the same random ranges: the same bits, the same bytes set to zero.  The first argument
 * is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/freebsd/vm/pmap.h"

#define OPS      200000
#define BLOCKS   8
#define MAPPINGS 3

/* What the functions do, a block at a time. */
struct reference {
	uint8_t valid[BLOCKS], dirty[BLOCKS];
	bool present[MAPPINGS], modified[MAPPINGS], accessed[MAPPINGS], writable[MAPPINGS];
	bool referenced, busy;
	unsigned zeroed, refused;
};

struct world {
	uint64_t random;
	struct freebsd_vm vm;
	struct vm_page page;
	struct pv_entry pv[MAPPINGS];
	struct reference ref;
	uint64_t ops, odd, unmapped;
};

static uint64_t the_seed = 1;

static unsigned below(struct world *w, unsigned n)
{
	w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((w->random >> 33) % n);
}

/* --- the reference --- */

static bool touches(int block, int base, int size)
{
	return size > 0 && base < (block + 1) * 512 && base + size > block * 512;
}

static bool all(const uint8_t *blocks)
{
	for (int b = 0; b < BLOCKS; b++)
		if (!blocks[b])
			return false;
	return true;
}

/* Bytes outside of a range in its first and last block, if nothing there is valid. */
static void ref_zero_edges(struct reference *r, int base, int size)
{
	int first = base / 512, last = (base + size) / 512;

	for (int at = first * 512; at < base; at++)
		r->zeroed += !r->valid[first];
	for (int at = base + size; (base + size) % 512 && at < (last + 1) * 512; at++)
		r->zeroed += !r->valid[last];
}

static void ref_set_valid(struct reference *r, int base, int size, bool clean)
{
	bool was_valid = all(r->valid);

	if (!size)
		return;
	ref_zero_edges(r, base, size);
	for (int b = 0; b < BLOCKS; b++) {
		if (!touches(b, base, size))
			continue;
		r->valid[b] = 1;
		if (clean)
			r->dirty[b] = 0;
	}
	if (clean && size == 4096 && was_valid)
		memset(r->modified, 0, sizeof(r->modified));
}

static void ref_unmap(struct reference *r, int i)
{
	r->referenced |= r->accessed[i];
	if (r->modified[i])
		memset(r->dirty, 1, BLOCKS);
	r->present[i] = r->modified[i] = r->accessed[i] = false;
}

static void ref_set_invalid(struct reference *r, int base, int size)
{
	if (r->busy) {
		r->refused++;
		return;
	}
	if (all(r->valid) && size)
		for (int i = 0; i < MAPPINGS; i++)
			if (r->present[i])
				ref_unmap(r, i);
	for (int b = 0; b < BLOCKS; b++)
		if (touches(b, base, size))
			r->valid[b] = r->dirty[b] = 0;
}

static bool ref_is_valid(const struct reference *r, int base, int size)
{
	bool any = false;

	for (int b = 0; b < BLOCKS; b++) {
		any |= r->valid[b];
		if (touches(b, base, size) && !r->valid[b])
			return false;
	}
	return any;
}

static void ref_dirty(struct reference *r)
{
	if (all(r->valid))
		memset(r->dirty, 1, BLOCKS);
	else
		r->refused++;
}

static void ref_test_dirty(struct reference *r)
{
	for (int i = 0; i < MAPPINGS; i++)
		if (!all(r->dirty) && r->present[i] && r->modified[i] && r->writable[i])
			memset(r->dirty, 1, BLOCKS);
}

/* --- both --- */

static unsigned refusals;

static void refused(struct sim *s, const char *what)
{
	(void)s;
	(void)what;
	refusals++;
}

/* A program: maps the page if it is wholly valid, uses it, lets go. */
static void one_mapping(struct world *w)
{
	int i = (int)below(w, MAPPINGS);
	struct reference *r = &w->ref;
	struct pv_entry *pv = &w->pv[i];

	if (!r->present[i]) {
		if (!all(r->valid))
			return;
		r->present[i] = true;
		r->writable[i] = below(w, 2);
		r->accessed[i] = r->modified[i] = false;
		pmap_enter(&w->page, pv, r->writable[i]);
	} else if (below(w, 3)) {
		pv->accessed = r->accessed[i] = true;
		if (r->writable[i] && below(w, 2))
			pv->modified = r->modified[i] = true;
	} else {
		ref_unmap(r, i);
		pmap_remove(&w->vm, pv);
		w->unmapped++;
	}
}

static void one_operation(struct world *w)
{
	int base = (int)below(w, 4097), size = (int)below(w, (unsigned)(4097 - base));
	bool busy = below(w, 16) == 0, setvalid = below(w, 4) == 0;
	struct vm_page *m = &w->page;

	if (below(w, 8) == 0) {
		base = 0;
		size = 4096;
	} else if (below(w, 4) == 0) {
		base &= ~511;
		size &= ~511;
	}
	w->odd += base % 512 || size % 512;
	switch (below(w, 12)) {
	case 0:
	case 1:
		ref_set_valid(&w->ref, base, size, true);
		vm_page_set_validclean(&w->vm, m, base, size);
		break;
	case 2:
		ref_set_valid(&w->ref, base, size, false);
		vm_page_set_valid(m, base, size);
		break;
	case 3:
		for (int b = 0; b < BLOCKS; b++)
			if (touches(b, base, size))
				w->ref.dirty[b] = 0;
		vm_page_clear_dirty(m, base, size);
		break;
	case 4:
		w->ref.busy = busy;
		m->oflags = busy ? VPO_BUSY : 0;
		ref_set_invalid(&w->ref, base, size);
		vm_page_set_invalid(&w->vm, m, base, size);
		w->ref.busy = false;
		m->oflags = 0;
		break;
	case 5:
		for (int b = 0; b < BLOCKS; b++) {
			w->ref.zeroed += w->ref.valid[b] ? 0 : 512;
			w->ref.valid[b] |= setvalid;
		}
		vm_page_zero_invalid(m, setvalid);
		break;
	case 6:
		assert_int_equal(vm_page_is_valid(&w->vm, m, base, size),
				 ref_is_valid(&w->ref, base, size));
		break;
	case 7:
		ref_test_dirty(&w->ref);
		vm_page_test_dirty(&w->vm, m);
		break;
	case 8:
		ref_dirty(&w->ref);
		vm_page_dirty(&w->vm, m);
		break;
	case 9:
		memset(w->ref.dirty, 0, BLOCKS);
		vm_page_undirty(m);
		break;
	default:
		one_mapping(w);
		break;
	}
}

static void compare(const struct world *w)
{
	const struct reference *r = &w->ref;
	unsigned valid = 0, dirty = 0;

	for (int b = 0; b < BLOCKS; b++) {
		valid |= (unsigned)r->valid[b] << b;
		dirty |= (unsigned)r->dirty[b] << b;
	}
	if (valid != w->page.valid || dirty != w->page.dirty ||
	    (uint16_t)r->zeroed != w->page.zeroed || r->refused != refusals ||
	    r->referenced != ((w->page.flags & PG_REFERENCED) != 0))
		fail_msg("operation %llu: valid %x %x dirty %x %x zeroed %u %u refused %u %u",
			 (unsigned long long)w->ops, valid, w->page.valid, dirty, w->page.dirty,
			 (uint16_t)r->zeroed, w->page.zeroed, r->refused, refusals);
	for (int i = 0; i < MAPPINGS; i++)
		if (r->present[i] != (w->pv[i].page != NULL) ||
		    (r->present[i] && r->modified[i] != w->pv[i].modified))
			fail_msg("operation %llu: mapping %d", (unsigned long long)w->ops, i);
}

static void random_ranges_give_what_a_byte_per_block_gives(void **state)
{
	const char *asked = getenv("FUZZ_OPS");
	uint64_t n = asked ? strtoull(asked, NULL, 10) : OPS;
	struct world *w = sim_calloc(1, sizeof(*w));
	struct sim *s = sim_new(1);

	(void)state;
	s->kernel_bug = refused;
	refusals = 0;
	w->random = the_seed;
	w->vm.sim = s;
	w->page.flags = PG_IN_USE;
	list_init(&w->page.pv_list);
	for (w->ops = 0; w->ops < n; w->ops++) {
		one_operation(w);
		compare(w);
	}
	assert_true(w->odd > n / 8 && w->unmapped > n / 1000);
	assert_true(w->ref.refused > n / 1000);
	print_message("%llu operations, seed %llu\n", (unsigned long long)n,
		      (unsigned long long)the_seed);
	sim_free_run(s);
	sim_free(w);
}

static void every_range_inside_a_page_has_the_bits_it_touches(void **state)
{
	(void)state;
	for (int base = 0; base <= 4096; base++) {
		for (int size = 0; size <= 4096 - base; size++) {
			int first = base / 512, last = size ? (base + size - 1) / 512 : 0;
			int bits = 0;

			for (int b = first; size && b <= last; b++)
				bits |= 1 << b;
			if (vm_page_bits(base, size) != bits || !vm_page_range_valid(base, size))
				fail_msg("(%d, %d): %x", base, size, vm_page_bits(base, size));
		}
	}
}

static void examples_have_their_values_inside_and_outside_of_a_page(void **state)
{
	static const struct {
		int base, size, bits;
		bool fits;
	} examples[] = {
		{ 0, 4096, 0xff, true },      { 0, 512, 0x01, true },
		{ 0, 513, 0x03, true },       { 511, 2, 0x03, true },
		{ 512, 1, 0x02, true },       { 1024, 1024, 0x0c, true },
		{ 3584, 512, 0x80, true },    { 4096, 0, 0, true },
		{ 100, 0, 0, true },          { 0, 8192, 0xffff, false },
		{ 3584, 1024, 0x180, false }, { 4096, 512, 0x100, false },
		{ 512, -1, 0, false },        { 1024, -512, -2, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		assert_int_equal(vm_page_bits(examples[i].base, examples[i].size),
				 examples[i].bits);
		assert_int_equal(vm_page_range_valid(examples[i].base, examples[i].size),
				 examples[i].fits);
	}
}

static void the_manual_page_has_size_0_the_other_way_round(void **state)
{
	struct freebsd_vm *code = sim_calloc(1, sizeof(*code)), *man = sim_calloc(1, sizeof(*man));
	struct vm_page m = { 0 };

	(void)state;
	man->man_page_semantics = true;
	assert_int_equal(vm_page_is_valid(code, &m, 100, 0), 0);
	assert_int_equal(vm_page_is_valid(man, &m, 100, 0), 1);
	m.valid = 0x10;
	assert_int_equal(vm_page_is_valid(code, &m, 100, 0), 1);
	assert_int_equal(vm_page_is_valid(man, &m, 100, 0), 0);
	sim_free(code);
	sim_free(man);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_ranges_give_what_a_byte_per_block_gives),
		cmocka_unit_test(every_range_inside_a_page_has_the_bits_it_touches),
		cmocka_unit_test(examples_have_their_values_inside_and_outside_of_a_page),
		cmocka_unit_test(the_manual_page_has_size_0_the_other_way_round),
	};

	if (argc > 1)
		the_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
