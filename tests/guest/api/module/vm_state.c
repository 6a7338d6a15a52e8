/*
 * vm_state.c - the kernel's address space: what is busy, what waits for a purge, the tree of holes,
 * the blocks of each CPU
 *
 * Nobody else changes it meanwhile: one CPU, and nothing here sleeps.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rbtree_augmented.h>
#include <linux/rculist.h>
#include <linux/xarray.h>

#include "calls.h"
#include "vm.h"

#define LAZY_MAX_PAGES (fls(num_online_cpus()) * (32UL << 20) / PAGE_SIZE)

/* A block of a CPU, and their list, as mm/vmalloc.c has them. */
struct block {
	spinlock_t lock;
	struct vmap_area *va;
	unsigned long free, dirty, dirty_min, dirty_max;
	struct list_head free_list;
};

struct block_queue {
	spinlock_t lock;
	struct list_head free;
};

static const struct vm_kernel *kernel;
static struct list_head *busy, *lazy, *holes;
static struct block_queue __percpu *queues;
static struct xarray *blocks;

int vm_state_start(const struct vm_kernel *k)
{
	kernel = k;
	busy = kernel_symbol("vmap_area_list");
	lazy = kernel_symbol("purge_vmap_area_list");
	holes = kernel_symbol("free_vmap_area_list");
	queues = (struct block_queue __percpu *)kernel_symbol("vmap_block_queue");
	blocks = kernel_symbol("vmap_blocks");
	return busy && lazy && holes && queues && blocks ? 0 : -1;
}

static void say_range(const char *kind, const struct vmap_area *va)
{
	say("%s %lx %lx", kind, va->va_start, va->va_end);
}

static int depth(const struct rb_node *node)
{
	int n = 0;

	while ((node = rb_parent(node)))
		n++;
	return n;
}

static void say_block(const char *cpu, const struct block *b)
{
	say("block %s %lx %lu %lu %lu %lu\n", cpu, b->va->va_start, b->free, b->dirty, b->dirty_min,
	    b->dirty_max);
}

static bool on_list(const struct block *wanted)
{
	const struct block *b;

	list_for_each_entry(b, &this_cpu_ptr(queues)->free, free_list) if (b == wanted) return true;
	return false;
}

void vm_state(void)
{
	const struct vmap_area *va;
	struct block *b;
	unsigned long i;

	say("vmalloc_start %lx\nvmalloc_end %lx\n", VMALLOC_START, VMALLOC_END);
	say("lazy_max_pages %lu\nvmap_lazy_nr %ld\n", LAZY_MAX_PAGES,
	    atomic_long_read(kernel->vmap_lazy_nr));
	say("nr_vmalloc_pages %ld\ntotalram_pages %lu\n",
	    atomic_long_read(kernel->nr_vmalloc_pages), totalram_pages());
	list_for_each_entry(va, busy, list)
	{
		say_range("busy", va);
		if (va->vm)
			say(" %lx %u\n", va->vm->flags, va->vm->nr_pages);
		else
			say(" - 0\n");
	}
	list_for_each_entry(va, lazy, list)
	{
		say_range("lazy", va);
		say("\n");
	}
	list_for_each_entry(va, holes, list)
	{
		say_range("free", va);
		say(" %d %c\n", depth(&va->rb_node), rb_is_red(&va->rb_node) ? 'r' : 'b');
	}
	preempt_disable();
	list_for_each_entry(b, &this_cpu_ptr(queues)->free, free_list) say_block("0", b);
	xa_for_each(blocks, i, b) if (!on_list(b)) say_block("-", b);
	preempt_enable();
	say("end\n");
}
