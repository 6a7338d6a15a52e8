/*
 * page.c - joining lists of frames
 */
#include "models/linux/page.h"

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

void page_list_splice_tail(struct page *map, struct page_list *from, struct page_list *to)
{
	page_list_splice(map, to, from);
	*to = *from;
	from->head = from->tail = 0;
}
