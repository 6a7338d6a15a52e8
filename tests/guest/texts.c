/*
 * texts.c - the script and the tables of a module of the rigs, and what it needs of the kernel
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "texts.h"

struct text script;
const char *failure;
static void (*run_script)(void);

void script_error(const char *what)
{
	if (!failure)
		failure = what;
}

int text_make(struct text *t, size_t room)
{
	t->at = vzalloc(room);
	t->room = room;
	return t->at ? 0 : -ENOMEM;
}

void text_add(struct text *t, const char *format, va_list args)
{
	int n = vsnprintf(t->at + t->used, t->room - t->used, format, args);

	t->used = min(t->used + n, t->room - 1);
	if (t->used == t->room - 1)
		script_error("a table has no room");
}

void text_append(struct text *t, const struct text *more)
{
	if (more->used >= t->room - t->used) {
		script_error("a table has no room");
		return;
	}
	memcpy(t->at + t->used, more->at, more->used);
	t->used += more->used;
}

void *kernel_symbol(const char *name)
{
	static unsigned long (*lookup)(const char *name);
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	void *at;

	if (!lookup && !register_kprobe(&probe)) {
		lookup = (void *)probe.addr;
		unregister_kprobe(&probe);
	}
	at = lookup ? (void *)lookup(name) : NULL;
	if (!at) {
		pr_err(KBUILD_MODNAME ": no %s in this kernel\n", name);
		script_error("a name of the kernel is missing");
	}
	return at;
}

/* --- files below /proc --- */

static ssize_t script_write(struct file *f, const char __user *from, size_t n, loff_t *pos)
{
	if (n >= script.room - script.used) {
		script_error("the script has no room");
		return -ENOSPC;
	}
	if (copy_from_user(script.at + script.used, from, n))
		return -EFAULT;
	script.used += n;
	return n;
}

static int script_release(struct inode *inode, struct file *f)
{
	if (script.used)
		run_script();
	return 0;
}

static const struct proc_ops script_ops = {
	.proc_write = script_write,
	.proc_release = script_release,
};

static ssize_t table_read(struct file *f, char __user *to, size_t n, loff_t *pos)
{
	const struct text *t = pde_data(file_inode(f));

	return simple_read_from_buffer(to, n, pos, t->at, t->used);
}

static const struct proc_ops table_ops = { .proc_read = table_read, .proc_lseek = default_llseek };

void script_file(struct proc_dir_entry *folder, void (*run)(void))
{
	run_script = run;
	proc_create("script", 0200, folder, &script_ops);
}

void table_file(struct proc_dir_entry *folder, const char *name, struct text *t)
{
	proc_create_data(name, 0400, folder, &table_ops, t);
}
