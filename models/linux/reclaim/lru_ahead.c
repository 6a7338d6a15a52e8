/*
 * lru_ahead.c - milestones of a list: noted as pages come, passed as reclaim takes them
 *
 * The notes are a ring, oldest first, as the list is from its tail on.  A page that leaves the list
 * on another way loses its flag and leaves its note behind; such notes are dropped when reclaim
 * passes their place, or when room is needed.
 */
#include "models/linux/reclaim/lru_ahead.h"

#define FIRST_NOTES 64

static uint32_t *note_at(const struct lru_ahead *a, uint32_t pos)
{
	return &a->note[pos & (a->nr_slots - 1)];
}

/* Whether the page of a note may still be on the list; 0 is no page. */
static bool note_holds(const struct linux_vm *vm, uint32_t pfn)
{
	return pfn && pfn_to_page(vm, pfn)->flags & PG_sim_milestone;
}

/* Drops notes that are out of date; grows the ring if that leaves it more than half full. */
static void make_room(const struct linux_vm *vm, struct lru_ahead *a)
{
	struct lru_ahead old = *a;
	uint32_t n = 0;

	for (uint32_t pos = old.first; pos != old.end; pos++)
		n += note_holds(vm, *note_at(&old, pos));
	if (!a->nr_slots)
		a->nr_slots = FIRST_NOTES;
	else if (n > a->nr_slots / 2)
		a->nr_slots *= 2;
	a->note = sim_alloc(a->nr_slots * sizeof(*a->note));
	a->first = a->begun = a->end = a->lead = 0;
	for (uint32_t pos = old.first; pos != old.end; pos++)
		if (note_holds(vm, *note_at(&old, pos)))
			*note_at(a, a->end++) = *note_at(&old, pos);
	sim_free(old.note);
}

void lru_ahead_note(struct linux_vm *vm, struct lru_ahead *a, uint32_t pfn)
{
	a->since = 0;
	if (a->end - a->first == a->nr_slots)
		make_room(vm, a);
	*note_at(a, a->end++) = pfn;
	pfn_to_page(vm, pfn)->flags |= PG_sim_milestone;
}

/* Sends the next reader to the next milestone, if there is one. */
static void begin_stretch(const struct linux_vm *vm, struct lru_ahead *a)
{
	while (a->begun != a->end) {
		uint32_t *note = note_at(a, a->begun++);

		/* its flag will be looked at soon */
		if (a->end - a->begun > LRU_READERS)
			__builtin_prefetch(pfn_to_page(vm, *note_at(a, a->begun + LRU_READERS)), 1);
		if (note_holds(vm, *note)) {
			a->reader[a->next_reader++ % LRU_READERS] = *note;
			a->lead++;
			return;
		}
		*note = 0;
	}
}

void lru_ahead_pass(struct linux_vm *vm, struct lru_ahead *a, struct page *page, uint32_t pfn)
{
	uint32_t passed = 0;

	page->flags &= ~(uint32_t)PG_sim_milestone;
	while (a->first != a->end && passed != pfn) {
		passed = *note_at(a, a->first);
		if (a->first == a->begun)
			a->begun++;
		else if (passed)
			a->lead--;
		a->first++;
	}
	while (a->lead < LRU_READERS && a->begun != a->end)
		begin_stretch(vm, a);
}

void lru_ahead_free(struct lru_ahead *a)
{
	sim_free(a->note);
}

void lru_ahead_check(struct check *c, const struct linux_vm *vm, const struct lru_ahead *a,
		     const struct page_list *list)
{
	uint32_t pos = a->end;

	CHECK(c, a->end - a->first <= a->nr_slots);
	CHECK(c, a->begun - a->first <= a->end - a->first);
	CHECK(c, a->lead <= LRU_READERS);
	CHECK(c, a->lead <= a->begun - a->first);
	for (uint32_t pfn = list->head; pfn; pfn = pfn_to_page(vm, pfn)->next) {
		if (!(pfn_to_page(vm, pfn)->flags & PG_sim_milestone))
			continue;
		while (pos != a->first && *note_at(a, pos - 1) != pfn)
			pos--;
		CHECK(c, pos != a->first);
		if (c->failures)
			return;
		pos--;
	}
}
