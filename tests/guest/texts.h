/*
 * texts.h - for the modules of the rigs: a script that is written below /proc, tables that are read
 * there, names of the kernel that are not exported
 */
#ifndef MMSIM_GUEST_TEXTS_H
#define MMSIM_GUEST_TEXTS_H

#include <linux/compiler.h>
#include <linux/proc_fs.h>
#include <linux/types.h>

/* A text that grows up to the room it has. */
struct text {
	char *at;
	size_t used, room;
};

extern struct text script;
extern const char *failure; /* the first one; it ends the script.  NULL: none */

void script_error(const char *what);

/* 0, -ENOMEM. */
int text_make(struct text *t, size_t room);
/* What has no room ends the script. */
__printf(2, 0) void text_add(struct text *t, const char *format, va_list args);
void text_append(struct text *t, const struct text *more);

/* The files "script", whose closing calls run, and one for a table. */
void script_file(struct proc_dir_entry *folder, void (*run)(void));
void table_file(struct proc_dir_entry *folder, const char *name, struct text *t);

/* Where a name of the kernel that is not exported lies; NULL is an error, and ends the script. */
void *kernel_symbol(const char *name);
#endif
