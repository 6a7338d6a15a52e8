/*
 * events.c - what happens in a call, seen at the kernel's own tracepoints
 *
 *	e a block is taken from another type       w kswapd is woken
 *	d a page goes to the buddy lists           l a block leaves them
 *	a, f somebody else allocates, frees: only while interrupts are on can there be anybody
 */
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "pages.h"
#include "probes.h"

struct text pending;
static struct task_struct *caller;
static bool watched, foreign;
static unsigned long (*get_bits)(const struct page *page, unsigned long pfn, unsigned long mask);

static bool is_ours(void)
{
	return !foreign || (current == caller && in_task());
}

static void on_extfrag(void *data, struct page *page, int order, int fallback_order, int type,
		       int fallback_type)
{
	unsigned long pfn = page_to_pfn(page);

	if (watched && is_ours())
		say(&pending, "e %lx %d %d %d %d %d\n", pfn, order, fallback_order, type,
		    fallback_type, get_bits(page, pfn, 7) == type);
}

static void on_wakeup(void *data, int node, int zone, int order, gfp_t gfp)
{
	if (watched && is_ours())
		say(&pending, "w %d %d %d %x\n", node, zone, order, (unsigned int)gfp);
}

static void on_drain(void *data, struct page *page, unsigned int order, int type)
{
	if (watched && is_ours())
		say(&pending, "d %lx %u %d\n", page_to_pfn(page), order, type);
}

static void on_leave(void *data, struct page *page, unsigned int order, int type, int refill)
{
	if (watched && is_ours())
		say(&pending, "l %lx %u %d %d\n", page_to_pfn(page), order, type, refill);
}

static void on_alloc(void *data, struct page *page, unsigned int order, gfp_t gfp, int type)
{
	if (watched && !is_ours() && page)
		say(&pending, "a %lx %u %x %d\n", page_to_pfn(page), order, (unsigned int)gfp,
		    type);
}

static void on_free(void *data, struct page *page, unsigned int order)
{
	if (watched && !is_ours())
		say(&pending, "f %lx %u\n", page_to_pfn(page), order);
}

static struct probe probes[] = {
	{ "mm_page_alloc_extfrag", on_extfrag }, { "mm_vmscan_wakeup_kswapd", on_wakeup },
	{ "mm_page_pcpu_drain", on_drain },      { "mm_page_alloc_zone_locked", on_leave },
	{ "mm_page_alloc", on_alloc },           { "mm_page_free", on_free },
};

int events_start(void)
{
	get_bits = kernel_symbol("get_pfnblock_flags_mask");
	return get_bits ? probes_register(probes, ARRAY_SIZE(probes)) : -ENOENT;
}

void events_begin(bool others_too)
{
	caller = current;
	foreign = others_too;
	pending.used = 0;
	watched = true;
}

void events_end(void)
{
	watched = false;
}
