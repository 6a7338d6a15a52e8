/*
 * anon_vma.c - which VMAs may show the anonymous pages of a VMA
 *
 *	VMA --- chain --- anon_vma A (its own new pages) --- chain --- VMA of a child
 *	   \\                                                              |
 *	    - chain --- anon_vma of the parent ...                     its own anon_vma
 *
 * A page belongs to the anon_vma of the VMA that made it.  After fork the child's VMA is chained to
 * all anon_vmas of the parent's, and to one of its own for what it writes: so the walk from a page
 * finds all who may have it, and a child's own page is not looked for in its brothers.
 */
#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/vma.h"

/* By id; freed ids are given again, the last one first. */
struct anon_vma_table {
	struct anon_vma **v; /* owned; NULL: free */
	uint32_t n;
	size_t cap;
	uint32_t *free_ids; /* owned */
	size_t nr_free, cap_free;
};

static struct anon_vma *anon_vma_alloc(struct linux_vm *vm)
{
	struct anon_vma *av = sim_calloc(1, sizeof(*av));
	struct anon_vma_table *table = vm->anon_vmas;
	void *array;

	if (!table)
		table = vm->anon_vmas = sim_calloc(1, sizeof(*table));
	if (table->nr_free) {
		av->id = table->free_ids[--table->nr_free];
	} else {
		array = table->v;
		sim_grow(&array, &table->cap, (size_t)table->n + 1, sizeof(struct anon_vma *));
		table->v = array;
		av->id = ++table->n;
	}
	table->v[av->id - 1] = av;
	av->root = av;
	av->parent = av;
	av->refcount = 1;
	list_init(&av->chains);
	return av;
}

static void put_anon_vma(struct linux_vm *vm, struct anon_vma *av)
{
	struct anon_vma_table *table = vm->anon_vmas;
	struct anon_vma *root = av->root;
	void *array;

	if (--av->refcount)
		return;
	array = table->free_ids;
	sim_grow(&array, &table->cap_free, table->nr_free + 1, sizeof(*table->free_ids));
	table->free_ids = array;
	table->free_ids[table->nr_free++] = av->id;
	table->v[av->id - 1] = NULL;
	sim_free(av);
	if (root != av) /* depth: one, a root is its own root */
		put_anon_vma(vm, root);
}

void anon_vmas_free(struct linux_vm *vm)
{
	struct anon_vma_table *table = vm->anon_vmas;

	if (!table)
		return;
	for (uint32_t i = 0; i < table->n; i++)
		sim_free(table->v[i]);
	sim_free(table->v);
	sim_free(table->free_ids);
	sim_free(table);
	vm->anon_vmas = NULL;
}

struct anon_vma *page_anon_vma(const struct linux_vm *vm, const struct page *page)
{
	const struct page *head = page - (page->flags & PG_tail ? page->index : 0);

	if (!(head->flags & PG_anon) || !page_mapped(head))
		return NULL;
	return vm->anon_vmas->v[head->mapping - 1];
}

/* --- chains --- */

/* By vm_pgoff, equals in order of arrival. */
static void anon_vma_insert(struct anon_vma_chain *avc)
{
	struct anon_vma *av = avc->anon_vma;
	struct list *pos = av->chains.prev;

	while (pos != &av->chains &&
	       LIST_ENTRY(pos, struct anon_vma_chain, same_anon_vma)->vma->vm_pgoff >
		   avc->vma->vm_pgoff)
		pos = pos->prev;
	list_add(&avc->same_anon_vma, pos);
}

static void anon_vma_chain_link(struct vm_area_struct *vma, struct anon_vma *av)
{
	struct anon_vma_chain *avc = sim_calloc(1, sizeof(*avc));

	avc->vma = vma;
	avc->anon_vma = av;
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	anon_vma_insert(avc);
}

void anon_vma_set_pgoff(struct vm_area_struct *vma, uint64_t pgoff)
{
	vma->vm_pgoff = pgoff;
	LIST_FOR_EACH (pos, &vma->anon_vma_chain) {
		struct anon_vma_chain *avc = LIST_ENTRY(pos, struct anon_vma_chain, same_vma);

		list_del(&avc->same_anon_vma);
		anon_vma_insert(avc);
	}
}

static bool is_singular(const struct list *l)
{
	return !list_empty(l) && l->next->next == l;
}

/* Whether a's anon_vma may serve b, its neighbour above (or below), as well. */
static struct anon_vma *reusable_anon_vma(const struct vm_area_struct *old,
					  const struct vm_area_struct *a,
					  const struct vm_area_struct *b)
{
	const unsigned access = VM_READ | VM_WRITE | VM_EXEC;

	if (a->vm_end != b->vm_start || a->vm_file != b->vm_file ||
	    ((a->vm_flags ^ b->vm_flags) & ~access) || a->vm_pgoff + vma_pages(a) != b->vm_pgoff)
		return NULL;
	return old->anon_vma && is_singular(&old->anon_vma_chain) ? old->anon_vma : NULL;
}

/* Neighbours that might become one VMA some day share an anon_vma, so that they can. */
static struct anon_vma *find_mergeable_anon_vma(const struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	struct anon_vma *av = NULL;
	int i = vma_index(mm, vma->vm_start);

	if (i + 1 < mm->nr_vmas)
		av = reusable_anon_vma(mm->vma[i + 1], vma, mm->vma[i + 1]);
	if (!av && i)
		av = reusable_anon_vma(mm->vma[i - 1], mm->vma[i - 1], vma);
	return av;
}

int anon_vma_prepare(struct task *t, struct vm_area_struct *vma)
{
	struct linux_vm *vm = vma->vm_mm->vm;
	struct anon_vma *av;

	(void)t; /* its structures cost no memory of the machine */
	if (vma->anon_vma)
		return 0;
	av = find_mergeable_anon_vma(vma);
	if (!av) {
		av = anon_vma_alloc(vm);
		av->num_children++; /* the root is a child of itself */
	}
	vma->anon_vma = av;
	anon_vma_chain_link(vma, av);
	av->num_active_vmas++;
	return 0;
}

void anon_vma_clone(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	/* oldest first, so that the newest is first again */
	for (const struct list *pos = src->anon_vma_chain.prev; pos != &src->anon_vma_chain;
	     pos = pos->prev) {
		struct anon_vma *av = LIST_ENTRY(pos, struct anon_vma_chain, same_vma)->anon_vma;

		anon_vma_chain_link(dst, av);
		/* one that lost its VMAs, with a single child, serves again; never a root */
		if (!dst->anon_vma && src->anon_vma && av->num_children < 2 &&
		    av->num_active_vmas == 0)
			dst->anon_vma = av;
	}
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
}

void anon_vma_fork(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	struct anon_vma *av;

	if (!src->anon_vma)
		return;
	dst->anon_vma = NULL;
	anon_vma_clone(dst, src);
	if (dst->anon_vma)
		return;
	av = anon_vma_alloc(dst->vm_mm->vm);
	av->num_active_vmas++;
	av->root = src->anon_vma->root;
	av->parent = src->anon_vma;
	av->root->refcount++;
	dst->anon_vma = av;
	anon_vma_chain_link(dst, av);
	av->parent->num_children++;
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	struct linux_vm *vm = vma->vm_mm->vm;

	LIST_FOR_EACH (pos, &vma->anon_vma_chain) {
		struct anon_vma_chain *avc = LIST_ENTRY(pos, struct anon_vma_chain, same_vma);

		list_del(&avc->same_anon_vma);
		if (list_empty(&avc->anon_vma->chains))
			avc->anon_vma->parent->num_children--;
	}
	if (vma->anon_vma)
		vma->anon_vma->num_active_vmas--;
	vma->anon_vma = NULL;
	/* newest first: the root last */
	LIST_FOR_EACH_SAFE (pos, next, &vma->anon_vma_chain) {
		struct anon_vma_chain *avc = LIST_ENTRY(pos, struct anon_vma_chain, same_vma);

		if (list_empty(&avc->anon_vma->chains))
			put_anon_vma(vm, avc->anon_vma);
		list_del(&avc->same_vma);
		sim_free(avc);
	}
}

bool is_mergeable_anon_vma(const struct vm_area_struct *area, const struct vm_area_struct *near)
{
	if ((!area->anon_vma || !near->anon_vma) && is_singular(&near->anon_vma_chain))
		return true;
	return area->anon_vma == near->anon_vma;
}

/* --- as they were found --- */

struct anon_vma *anon_vma_adopt(struct linux_vm *vm)
{
	return anon_vma_alloc(vm);
}

void anon_vma_adopt_parent(struct anon_vma *av, struct anon_vma *root, struct anon_vma *parent)
{
	av->root = root;
	av->parent = parent;
	parent->num_children++; /* the root is a child of itself */
	if (root != av)
		root->refcount++;
}

void anon_vma_adopt_area(struct anon_vma *av, struct vm_area_struct *vma, bool own)
{
	anon_vma_chain_link(vma, av);
	if (!own)
		return;
	vma->anon_vma = av;
	av->num_active_vmas++;
}
