/*
 * steps.c - writes settings, takes memory and CPUs away and brings them back; what
 * the kernel made of each
 *
 *	steps SCRIPT
 *
 * A line of SCRIPT is a step:
 *
 *	set vm.NAME VALUE; vm.NAME VALUE...
 *	memory_offline N, memory_online N, memory_online_movable N, memory_online_kernel N
 *	cpu_offline N, cpu_online N
 *
 * Files go to the output, each between "begin PATH" and "end PATH": those of settled/
 * first, then those of steps/NN/.  Among the latter is "results": a line for each
 * write, "ok" or what the kernel said.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel.h"
#include "limits.h"

/* A write as a shell does it: one call.  0, or the error. */
static int write_file(const char *path, const char *text)
{
	char line[512];
	int fd = open(path, O_WRONLY), error = 0;
	int n = snprintf(line, sizeof(line), "%s\n", text);

	if (fd < 0)
		return errno;
	if (write(fd, line, (size_t)n) < 0)
		error = errno;
	close(fd);
	return error;
}

/* --- a snapshot --- */

static void copy_text(const char *path)
{
	char buffer[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	while (f && (n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		fwrite(buffer, 1, n, stdout);
	if (f)
		fclose(f);
}

/* Those that can only be written, or only by asking for something, are left out. */
static int is_setting(const struct dirent *d)
{
	static const char *const without[] = { "compact_memory", "drop_caches", "stat_refresh" };

	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++)
		if (strcmp(d->d_name, without[i]) == 0)
			return 0;
	return d->d_name[0] != '.';
}

/* Reading min_unmapped_ratio and its like makes what hangs on them up to date. */
static void print_settings(void)
{
	struct dirent **names;
	int n = scandir("/proc/sys/vm", &names, is_setting, alphasort);

	for (int i = 0; i < n; i++) {
		char path[512], value[512];
		FILE *f;

		snprintf(path, sizeof(path), "/proc/sys/vm/%s", names[i]->d_name);
		f = fopen(path, "r");
		if (f && fgets(value, sizeof(value), f)) {
			value[strcspn(value, "\n")] = '\0';
			printf("vm.%s = %s\n", names[i]->d_name, value);
		}
		if (f)
			fclose(f);
	}
}

static void snapshot(const char *folder, const char *limits, bool all)
{
	static const char *const files[] = { "vmstat", "zoneinfo", "buddyinfo", "pagetypeinfo",
					     "meminfo" };
	char path[64];

	printf("begin %s/sysctl-vm.txt\n", folder);
	print_settings();
	printf("end %s/sysctl-vm.txt\n", folder);
	printf("begin %s/%s.txt\n", folder, limits);
	limits_print(stdout);
	printf("end %s/%s.txt\n", folder, limits);
	for (int i = 0; i < (all ? 5 : 2); i++) {
		snprintf(path, sizeof(path), "/proc/%s", files[i]);
		printf("begin %s/%s.txt\n", folder, files[i]);
		copy_text(path);
		printf("end %s/%s.txt\n", folder, files[i]);
	}
}

/* --- a step --- */

static void print_result(int error)
{
	if (error)
		printf("failed: %s\n", strerror(error));
	else
		printf("ok\n");
}

/* NAME VALUE; NAME VALUE... */
static void set(char *settings)
{
	char *save, path[512];

	for (char *one = strtok_r(settings, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
		char *name = one + strspn(one, " "), *value = strchr(name, ' ');

		if (!value || strncmp(name, "vm.", 3) != 0)
			fail("set: a name, vm.*, and a value are needed");
		*value++ = '\0';
		snprintf(path, sizeof(path), "/proc/sys/vm/%s", name + 3);
		print_result(write_file(path, value));
	}
}

static const struct hotplug {
	const char *name, *path, *value;
} hotplugs[] = {
	{ "memory_offline", "/sys/devices/system/memory/memory%d/state", "offline" },
	{ "memory_online", "/sys/devices/system/memory/memory%d/state", "online" },
	{ "memory_online_kernel", "/sys/devices/system/memory/memory%d/state", "online_kernel" },
	{ "memory_online_movable", "/sys/devices/system/memory/memory%d/state", "online_movable" },
	{ "cpu_offline", "/sys/devices/system/cpu/cpu%d/online", "0" },
	{ "cpu_online", "/sys/devices/system/cpu/cpu%d/online", "1" },
};

static void plug(const char *name, const char *rest)
{
	char path[512];

	for (size_t i = 0; i < sizeof(hotplugs) / sizeof(*hotplugs); i++)
		if (strcmp(name, hotplugs[i].name) == 0) {
			snprintf(path, sizeof(path), hotplugs[i].path, atoi(rest));
			print_result(write_file(path, hotplugs[i].value));
			return;
		}
	fail(name);
}

static void run_step(char *line, const char *folder)
{
	char *rest = strchr(line, ' ');

	if (!rest)
		fail(line);
	*rest++ = '\0';
	printf("begin %s/results\n", folder);
	if (strcmp(line, "set") == 0)
		set(rest);
	else
		plug(line, rest);
	printf("end %s/results\n", folder);
	usleep(100000); /* what a CPU or a block leaves to be done later */
	snapshot(folder, "limits", false);
}

/* Limits of the pages that there are now: the boot computed them when it held some itself. */
static void settle(void)
{
	static const char *const names[] = { "min_free_kbytes", "lowmem_reserve_ratio",
					     "percpu_pagelist_high_fraction" };
	char path[64], value[256];

	for (int i = 0; i < 3; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/sys/vm/%s", names[i]);
		f = fopen(path, "r");
		if (!f || !fgets(value, sizeof(value), f))
			fail(path);
		fclose(f);
		value[strcspn(value, "\n")] = '\0';
		if (write_file(path, value))
			fail(path);
	}
}

int main(int argc, char **argv)
{
	static char buffer[1 << 16];
	char line[1024], folder[32];
	FILE *script = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!script)
		fail("steps SCRIPT");
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	kernel_open();
	limits_open();
	kernel_close_types();
	settle();
	usleep(1000000);
	snapshot("settled", "mmprobe", true);
	for (int n = 1; fgets(line, sizeof(line), script); n++) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(folder, sizeof(folder), "steps/%02d", n);
		run_step(line, folder);
	}
	printf("begin done\nend done\n");
	return 0;
}
