/*
 * list.h - a doubly linked list whose links lie inside the entries
 *
 * The head is a link itself.  Insertion at the head puts an entry first, at
 * the tail last; walking goes from first to last.
 */
#ifndef MMSIM_BASE_LIST_H
#define MMSIM_BASE_LIST_H

#include "sim/base/types.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Whether an entry is on some list; true only for entries initialised with list_init. */
static inline bool list_linked(const struct list *entry)
{
	return entry->next != entry;
}

static inline void list_link(struct list *entry, struct list *prev, struct list *next)
{
	entry->prev = prev;
	entry->next = next;
	prev->next = entry;
	next->prev = entry;
}

static inline void list_add(struct list *entry, struct list *head)
{
	list_link(entry, head, head->next);
}

static inline void list_add_tail(struct list *entry, struct list *head)
{
	list_link(entry, head->prev, head);
}

/* Takes an entry off its list and leaves it initialised. */
static inline void list_del(struct list *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	list_init(entry);
}

static inline void list_move(struct list *entry, struct list *head)
{
	list_del(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list *entry, struct list *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

/* Moves all entries of from to the front of to; from is empty afterwards. */
static inline void list_splice(struct list *from, struct list *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	list_init(from);
}

#define LIST_ENTRY(ptr, type, member)  CONTAINER_OF(ptr, type, member)
#define LIST_FIRST(head, type, member) LIST_ENTRY((head)->next, type, member)
#define LIST_LAST(head, type, member)  LIST_ENTRY((head)->prev, type, member)
#define LIST_FOR_EACH(pos, head)                                                                   \
	for (struct list *pos = (head)->next; pos != (head); pos = pos->next)
/* The present entry may be taken off the list in the body. */
#define LIST_FOR_EACH_SAFE(pos, tmp, head)                                                         \
	for (struct list *pos = (head)->next, *tmp = pos->next; pos != (head);                     \
	     pos = tmp, tmp = pos->next)
#endif
