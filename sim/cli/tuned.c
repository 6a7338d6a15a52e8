/*
 * tuned.c - profiles of tuned: tuned.conf(5)
 *
 * Sections name plug-ins; those that set memory are sysctl, sysfs, vm, disk and the command line of
 * bootloader.  [main] include = names other profiles, which are read first.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/tuning_reader.h"

#define MAX_DEPTH 8 /* profiles that include each other */

/* ---- variables ---- */

static void set_variable(struct reader *r, const struct line *l)
{
	if (r->nr_vars == TUNING_MAX_VARIABLES) {
		diag_error(r->d, l->at, "too many variables; accepted: %d", TUNING_MAX_VARIABLES);
		return;
	}
	r->vars[r->nr_vars].name = sim_strdup(l->key);
	r->vars[r->nr_vars++].value = sim_strdup(l->value);
}

static const char *variable(const struct reader *r, const char *name, size_t len)
{
	for (int i = r->nr_vars - 1; i >= 0; i--)
		if (strlen(r->vars[i].name) == len && strncmp(r->vars[i].name, name, len) == 0)
			return r->vars[i].value;
	return NULL;
}

/* Puts variables in that are known and plain; what remains as "${" cannot be known here. */
static char *expand(const struct reader *r, const char *text)
{
	struct str out = { 0 };

	for (const char *end; *text; text++) {
		const char *value = NULL;

		if (text[0] == '$' && text[1] == '{' && (end = strchr(text, '}')) != NULL)
			value = variable(r, text + 2, (size_t)(end - text - 2));
		if (value && !strstr(value, "${")) {
			str_add(&out, value);
			text = end;
		} else {
			str_addc(&out, *text);
		}
	}
	return str_take(&out);
}

/* ---- sections ---- */

/* A section: what it sets up, and for which machines. */
struct section_of {
	char name[65], type[65];
	char devices[129];   /* shell patterns of disks, with blanks or commas; "": all */
	const char *why_not; /* NULL: it holds here */
};

static bool is_word(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

/* Keys that say of what and for what a section is, not what is set. */
static bool about_section(struct section_of *s, const struct line *l)
{
	static const char *const others[] = { "enabled", "replace", "priority",
					      "drop",    "pre",     "post" };
	regex_t regex;

	if (strcmp(l->key, "type") == 0)
		snprintf(s->type, sizeof(s->type), "%s", l->value);
	else if (strcmp(l->key, "devices") == 0)
		snprintf(s->devices, sizeof(s->devices), "%s", l->value);
	else if (strcmp(l->key, "cpuinfo_regex") == 0)
		s->why_not = "only for some kind of CPU";
	else if (strcmp(l->key, "uname_regex") != 0)
		return is_word(l->key, others, ARRAY_LEN(others));
	else if (regcomp(&regex, l->value, REG_EXTENDED | REG_NOSUB) == 0) {
		if (regexec(&regex, "x86_64", 0, NULL, 0) != 0 &&
		    regexec(&regex, "Linux", 0, NULL, 0) != 0)
			s->why_not = "only for another kind of machine";
		regfree(&regex);
	}
	return true;
}

static void begin_section(struct section_of *s, const char *name)
{
	*s = (struct section_of){ 0 };
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->type, sizeof(s->type), "%s", name);
}

/* "*" at the end of a pattern of devices stands for anything; "!" before it excludes. */
static bool device_matches(const char *devices, const char *disk)
{
	char copy[129], *save = NULL;
	bool found = *devices == '\0';

	snprintf(copy, sizeof(copy), "%s", devices);
	for (char *word = strtok_r(copy, " ,;", &save); word; word = strtok_r(NULL, " ,;", &save)) {
		bool not = *word == '!';
		size_t len = strcspn(word + not, "*");
		bool matches = strncmp(word + not, disk, len) == 0 &&
			       (word[not +len] == '*' || strlen(disk) == len);

		if (matches)
			found = !not ;
		else if (not &&word == copy)
			found = true;
	}
	return found;
}

/* Readahead in sectors has an "s" behind it. */
static void disk_value(char *value)
{
	char *s = value + strlen(value);

	if (s > value + 1 && s[-1] == 's') {
		char *number = value + (*value == '>' || *value == '<');
		long long sectors;

		s[-1] = '\0';
		sectors = strtoll(number, NULL, 10);
		sprintf(number, "%lld", sectors / 2); /* never longer than it was */
	}
}

/* A setting of all disks, or those of the section. */
static void take_disk(struct reader *r, struct line *l, const struct section_of *s)
{
	static const char *const names[][2] = { { "readahead", "read_ahead_kb" },
						{ "elevator", "scheduler" } };
	const char *file = NULL;
	size_t n = 0;
	const char *const *disks = r->sc ? scenario_names(r->sc, "disk", &n) : NULL;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(l->key, names[i][0]) == 0)
			file = names[i][1];
	if (!file)
		return tuning_ignored(r, l, "not memory");
	if (!r->sc)
		return tuning_ignored(r, l,
				      "the scenario's disks are not known: it is standard input");
	disk_value(l->value);
	for (size_t i = 0; i < n; i++) {
		char *path = str_format("/sys/block/%s/queue/%s", disks[i], file);

		if (device_matches(s->devices, disks[i]))
			tuning_take(r, l, "sysfs", path);
		sim_free(path);
	}
}

/* [vm]: huge pages, and in newer versions of tuned some sysctls by their short names. */
static void take_vm(struct reader *r, struct line *l)
{
	char *name;

	if (strncmp(l->key, "transparent_hugepage", 20) == 0) {
		tuning_take(r, l, "sysfs",
			    strstr(l->key, ".defrag")
				? "/sys/kernel/mm/transparent_hugepage/defrag"
				: "/sys/kernel/mm/transparent_hugepage/enabled");
		return;
	}
	name = str_format("vm.%s", l->key);
	tuning_take(r, l, "sysctl", name);
	sim_free(name);
}

/* How many huge pages says hugepages=; of which size, the word before it that names one, or else
 * the default size. */
static char *cmdline_name(const char *word, const char *value, const char **size)
{
	if (strcmp(word, "hugepagesz") == 0)
		*size = value;
	if (strcmp(word, "default_hugepagesz") == 0)
		*size = NULL;
	if (strcmp(word, "hugepages") == 0 && *size)
		return str_format("hugepages of %s", *size);
	return sim_strdup(word);
}

/* Words of the kernel's command line; a "+" or "-" before the list joins or removes. */
static void take_cmdline(struct reader *r, const struct line *l)
{
	char *copy = sim_strdup(l->value + strspn(l->value, "+ \t")), *save = NULL, *name;
	const char *size = NULL;

	for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		char *equals = strchr(word, '=');
		struct line one = { .at = l->at, .key = word };

		if (equals)
			*equals = '\0';
		one.value = equals ? equals + 1 : word + strlen(word);
		name = cmdline_name(word, one.value, &size);
		tuning_take(r, &one, "boot", name);
		sim_free(name);
	}
	sim_free(copy);
}

static void take_tuned(struct reader *r, struct line *l, struct section_of *s)
{
	char *value;

	if (about_section(s, l))
		return;
	if (s->why_not)
		return tuning_ignored(r, l, s->why_not);
	value = expand(r, l->value);
	l->value = value;
	if (strcmp(s->type, "sysctl") == 0)
		tuning_take_sysctl(r, l);
	else if (strcmp(s->type, "sysfs") == 0)
		tuning_take(r, l, "sysfs", l->key);
	else if (strcmp(s->type, "vm") == 0)
		take_vm(r, l);
	else if (strcmp(s->type, "disk") == 0)
		take_disk(r, l, s);
	else if (strcmp(s->type, "bootloader") == 0 && strncmp(l->key, "cmdline", 7) == 0)
		take_cmdline(r, l);
	else
		tuning_ignored(r, l, "not memory");
	sim_free(value);
}

/* ---- profiles ---- */

/* Of a profile by its name: beside the one that asks, else where tuned keeps them. */
static void include_profile(struct reader *r, const char *beside, const char *name, struct place at)
{
	char *folder = str_folder(beside);
	char *paths[] = { str_format("%s/../%s/tuned.conf", folder, name),
			  str_format("/etc/tuned/%s/tuned.conf", name),
			  str_format("/usr/lib/tuned/%s/tuned.conf", name),
			  str_format("/usr/lib/tuned/profiles/%s/tuned.conf", name) };
	const char *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(paths) && !found; i++)
		if (access(paths[i], F_OK) == 0)
			found = paths[i];
	if (strchr(name, '/') || !found)
		diag_error(r->d, at, "no profile \"%s\"; accepted: one beside %s, or one of tuned",
			   cli_escape(name), cli_escape(folder));
	else
		tuned_read(r, found, at);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		sim_free(paths[i]);
	sim_free(folder);
}

/* "${f:virt_check:A:B}" is profile B: the simulated machine is no virtual one. */
static char *profile_name(char *value)
{
	static const char check[] = "${f:virt_check:";
	char *colon, *end;

	if (strncmp(value, check, sizeof(check) - 1) != 0)
		return value;
	colon = strchr(value + sizeof(check) - 1, ':');
	end = colon ? strchr(colon, '}') : NULL;
	if (!end)
		return value;
	*end = '\0';
	return colon + 1;
}

static void include_profiles(struct reader *r, const char *beside, struct line *l)
{
	char *save = NULL;
	char *names = profile_name(l->value);

	for (char *name = strtok_r(names, " ,;", &save); name; name = strtok_r(NULL, " ,;", &save))
		if (*name == '-') /* may be missing */
			tuning_ignored(r, l, "a profile that may be missing");
		else
			include_profile(r, beside, name, l->at);
}

static void take_line(struct reader *r, const char *path, struct line *l, struct section_of *s)
{
	if (!*s->name)
		diag_error(r->d, l->at, "a setting before the first section; accepted: [sysctl]");
	else if (strcmp(s->name, "main") == 0 && strcmp(l->key, "include") == 0)
		include_profiles(r, path, l);
	else if (strcmp(s->name, "main") == 0)
		return;
	else if (strcmp(s->name, "variables") == 0 && strcmp(l->key, "include") == 0)
		tuning_ignored(r, l, "variables of the real machine");
	else if (strcmp(s->name, "variables") == 0)
		set_variable(r, l);
	else
		take_tuned(r, l, s);
}

void tuned_read(struct reader *r, const char *path, struct place asked)
{
	const struct diag_file *file;
	char *copy, *text, *from;
	struct section_of section = { 0 };
	struct line l;

	if (r->depth == MAX_DEPTH) {
		diag_error(r->d, asked, "profiles include each other; accepted: %d levels",
			   MAX_DEPTH);
		return;
	}
	file = tuning_read_file(r, path, asked);
	if (!file)
		return;
	r->depth++;
	text = copy = sim_strdup(file->text);
	for (int number = 0; tuning_next_line(&text, &number, &from);) {
		char *first = tuning_trim(from), *end;

		if (strchr("#;", *first))
			continue;
		if (*first == '[' && (end = strchr(first, ']')) != NULL) {
			*end = '\0';
			begin_section(&section, tuning_trim(first + 1));
		} else if (tuning_cut_line(from, file, number, &l)) {
			take_line(r, path, &l, &section);
		} else {
			diag_error(r->d, l.at, "no setting; accepted: [section], or name = value");
		}
	}
	sim_free(copy);
	r->depth--;
}
