/*
 * swap_slots.c - places that a CPU has in hand
 *
 * While there are enough of them each CPU takes 64 places of an area at once and hands them out one
 * by one, and gathers 64 before it gives them back.  So one disk gets 64 neighbours of one CPU, and
 * a place that was freed is not used again at once.
 *
 * Like:        Linux 6.1, mm/swap_slots.c
 * Simplified:  nobody has to wait for the cache's locks
 */
#include "models/linux/swap/internal.h"

/* Free places per CPU above which the caches begin to be used, and below which they are emptied. */
#define THRESHOLD_ACTIVATE_SWAP_SLOTS_CACHE   (5 * SWAP_SLOTS_CACHE_SIZE)
#define THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE (2 * SWAP_SLOTS_CACHE_SIZE)

static bool use_swap_slot_cache(const struct swap_state *swap)
{
	return swap->slot_cache_active && swap->slot_cache_enabled;
}

void drain_slots_cache_cpu(struct linux_vm *vm, int cpu)
{
	struct swap_slots_cache *cache = &vm->swap->slots[cpu];

	swapcache_free_entries(vm, cache->slots + cache->cur, cache->nr);
	cache->cur = cache->nr = 0;
	swapcache_free_entries(vm, cache->slots_ret, cache->n_ret);
	cache->n_ret = 0;
}

void drain_swap_slots_cache(struct linux_vm *vm)
{
	for (int i = 0; i < vm->nr_cpu_ids; i++)
		drain_slots_cache_cpu(vm, i);
}

void disable_swap_slots_cache(struct linux_vm *vm)
{
	vm->swap->slot_cache_enabled = false;
	drain_swap_slots_cache(vm);
}

/* At least one area is on. */
void enable_swap_slots_cache(struct linux_vm *vm)
{
	vm->swap->slot_cache_enabled = false;
	for (int i = 0; i < vm->swap->nr_swapfiles; i++)
		if (vm->swap->info[i].flags & SWP_WRITEOK)
			vm->swap->slot_cache_enabled = true;
}

static bool check_cache_active(struct linux_vm *vm)
{
	struct swap_state *swap = vm->swap;
	int64_t pages = vm->nr_swap_pages, cpus = vm->nr_online_cpus;

	if (!swap->slot_cache_enabled)
		return false;
	if (!swap->slot_cache_active) {
		if (pages > cpus * THRESHOLD_ACTIVATE_SWAP_SLOTS_CACHE)
			swap->slot_cache_active = true;
	} else if (pages < cpus * THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE) {
		swap->slot_cache_active = false;
		drain_swap_slots_cache(vm);
	}
	return swap->slot_cache_active;
}

sim_time swap_slots_cost(struct linux_vm *vm, const struct cpu *cpu)
{
	struct swap_slots_cache *cache;
	int64_t cost;

	if (!vm->swap)
		return 0;
	cache = &vm->swap->slots[cpu->id];
	cost = cache->cost;
	cache->cost = 0;
	return (sim_time)cost;
}

void free_swap_slot(struct linux_vm *vm, const struct cpu *cpu, swp_entry_t entry)
{
	struct swap_slots_cache *cache = &vm->swap->slots[cpu->id];

	if (!use_swap_slot_cache(vm->swap)) {
		swapcache_free_entries(vm, &entry, 1);
		cache->cost += vm->machine->cost.swap_slot_direct;
		return;
	}
	if (cache->n_ret >= SWAP_SLOTS_CACHE_SIZE) {
		swapcache_free_entries(vm, cache->slots_ret, cache->n_ret);
		cache->cost += vm->machine->cost.swap_slot_free * cache->n_ret;
		cache->n_ret = 0;
	}
	cache->slots_ret[cache->n_ret++] = entry;
}

swp_entry_t folio_alloc_swap(struct linux_vm *vm, const struct cpu *cpu, const struct page *page)
{
	swp_entry_t entry = { 0 };
	struct swap_slots_cache *cache;

	if (!vm->swap)
		return entry;
	if (folio_order(page)) {
		if (folio_nr_pages(page) == SWAPFILE_CLUSTER)
			get_swap_pages(vm, cpu, 1, &entry, SWAPFILE_CLUSTER);
		return entry;
	}
	cache = &vm->swap->slots[cpu->id];
	if (check_cache_active(vm)) {
		if (!cache->nr) {
			cache->cur = 0;
			cache->nr = get_swap_pages(vm, cpu, SWAP_SLOTS_CACHE_SIZE, cache->slots, 1);
			cache->cost += vm->machine->cost.swap_slot_alloc * cache->nr;
		}
		if (cache->nr) {
			cache->nr--;
			return cache->slots[cache->cur++];
		}
	}
	get_swap_pages(vm, cpu, 1, &entry, 1);
	return entry;
}
