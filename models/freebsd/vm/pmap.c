/*
 * pmap.c - entries that map pages, and their bits
 */
#include "models/freebsd/vm/pmap.h"

void pmap_enter(struct vm_page *m, struct pv_entry *pv, bool writable)
{
	SIM_ASSERT(!pv->page);
	pv->page = m;
	pv->accessed = pv->modified = pv->wired = false;
	pv->writable = writable;
	list_add_tail(&pv->link, &m->pv_list);
	if (writable)
		m->flags |= PG_WRITEABLE;
	if (pv->resident)
		++*pv->resident;
}

void pmap_remove(struct freebsd_vm *vm, struct pv_entry *pv)
{
	struct vm_page *m = pv->page;

	SIM_ASSERT(m);
	list_del(&pv->link);
	pv->page = NULL;
	if (pv->resident)
		--*pv->resident;
	if (pv->accessed)
		m->flags |= PG_REFERENCED;
	if (pv->modified)
		vm_page_dirty(vm, m);
	if (list_empty(&m->pv_list))
		m->flags &= (uint16_t)~PG_WRITEABLE;
}

void pmap_remove_all(struct freebsd_vm *vm, struct vm_page *m)
{
	while (!list_empty(&m->pv_list))
		pmap_remove(vm, LIST_FIRST(&m->pv_list, struct pv_entry, link));
	m->flags &= (uint16_t)~PG_WRITEABLE;
}

void pmap_protect(struct freebsd_vm *vm, struct pv_entry *pv)
{
	if (pv->modified)
		vm_page_dirty(vm, pv->page);
	pv->writable = pv->modified = false;
}

void pmap_remove_write(struct freebsd_vm *vm, struct vm_page *m)
{
	if (!(m->flags & PG_WRITEABLE))
		return;
	LIST_FOR_EACH (pos, &m->pv_list) {
		struct pv_entry *pv = LIST_ENTRY(pos, struct pv_entry, link);

		if (pv->modified)
			vm_page_dirty(vm, m);
		pv->writable = pv->modified = false;
	}
	m->flags &= (uint16_t)~PG_WRITEABLE;
}

int pmap_ts_referenced(struct vm_page *m)
{
	struct list *first = m->pv_list.next, *pos = first;
	int found = 0;

	while (pos != &m->pv_list && found < PMAP_TS_REFERENCED_MAX) {
		struct pv_entry *pv = LIST_ENTRY(pos, struct pv_entry, link);
		struct list *next = pos->next;
		bool last = next == &m->pv_list || next == first;

		list_move_tail(pos, &m->pv_list);
		if (pv->accessed) {
			pv->accessed = false;
			found++;
		}
		if (last)
			break;
		pos = next;
	}
	return found;
}

void pmap_clear_reference(struct vm_page *m)
{
	LIST_FOR_EACH (pos, &m->pv_list)
		LIST_ENTRY(pos, struct pv_entry, link)->accessed = false;
}

bool pmap_is_modified(const struct vm_page *m)
{
	LIST_FOR_EACH (pos, &m->pv_list) {
		const struct pv_entry *pv = LIST_ENTRY(pos, struct pv_entry, link);

		if (pv->modified && pv->writable)
			return true;
	}
	return false;
}

void pmap_clear_modify(struct vm_page *m)
{
	LIST_FOR_EACH (pos, &m->pv_list)
		LIST_ENTRY(pos, struct pv_entry, link)->modified = false;
}

int pmap_page_wired_mappings(const struct vm_page *m)
{
	int n = 0;

	LIST_FOR_EACH (pos, &m->pv_list)
		n += LIST_ENTRY(pos, struct pv_entry, link)->wired;
	return n;
}
