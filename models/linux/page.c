/*
 * page.c - lists of frames linked by number
 */
#include "models/linux/page.h"

void page_list_add(struct page *map, struct page_list *l, uint32_t pfn)
{
	struct page *p = &map[pfn];

	p->prev = 0;
	p->next = l->head;
	if (l->head)
		map[l->head].prev = pfn;
	else
		l->tail = pfn;
	l->head = pfn;
}

void page_list_add_tail(struct page *map, struct page_list *l, uint32_t pfn)
{
	struct page *p = &map[pfn];

	p->next = 0;
	p->prev = l->tail;
	if (l->tail)
		map[l->tail].next = pfn;
	else
		l->head = pfn;
	l->tail = pfn;
}

void page_list_del(struct page *map, struct page_list *l, uint32_t pfn)
{
	struct page *p = &map[pfn];

	if (p->next)
		map[p->next].prev = p->prev;
	else
		l->tail = p->prev;
	if (p->prev)
		map[p->prev].next = p->next;
	else
		l->head = p->next;
	p->next = p->prev = 0;
}

void page_list_splice(struct page *map, struct page_list *from, struct page_list *to)
{
	if (!from->head)
		return;
	map[from->tail].next = to->head;
	if (to->head)
		map[to->head].prev = from->tail;
	else
		to->tail = from->tail;
	to->head = from->head;
	from->head = from->tail = 0;
}
