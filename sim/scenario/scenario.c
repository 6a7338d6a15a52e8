/*
 * scenario.c - what to run, read from a file and checked against the tables
 *
 * assemble.c makes one complete tree of the file, of what it includes and of
 * what was set; here each of its keys goes to whoever reads it: the general
 * keys (general_keys.c), the sections of the personality, the tunables
 * (settings.c), expectations (expect.c).  Tasks and interrupts are left to
 * sim/workload.
 */
#include "sim/scenario/scenario.h"

#include <string.h>
#include <xxhash.h>

#include "sim/base/mem.h"
#include "sim/scenario/expect.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/words.h"

#define MAX_NAME 64

static bool read_section(struct reading *r, const struct section *section, void **data)
{
	struct bind b = { r->d, &r->p->arena, r->sc->personality, r->personalities, section->name };
	const struct yaml_node *node = yaml_get(r->p->root, section->name);
	struct key list = { .name = section->name, .type = KEY_LIST, .sub = section->schema };

	*data = arena_calloc(&r->p->arena, 1,
			     section->list ? sizeof(struct key_list) : section->schema->size);
	if (!node && section->required) {
		diag_error(r->d, r->p->root->at,
			   "key \"%s\" is missing in a scenario; accepted: a %s (%s)",
			   section->name, section->list ? "list of mappings" : "mapping",
			   section->schema->name);
		return false;
	}
	if (section->list)
		return !node || bind_value(&b, &list, node, *data);
	if (node)
		return bind_map(&b, section->schema, node, *data);
	bind_defaults(&b, section->schema, *data);
	return true;
}

static void read_sections(struct reading *r)
{
	const struct personality *p = r->sc->personality;
	size_t errors = r->d->nr_errors;
	bool good = true;

	r->p->sections = arena_calloc(&r->p->arena, (size_t)p->nr_sections + 1, sizeof(void *));
	for (int i = 0; i < p->nr_sections; i++)
		good &= read_section(r, p->sections[i], &r->p->sections[i]);
	/* One section may speak of another: only whole ones are tested further. */
	for (int i = 0; good && i < p->nr_sections; i++)
		if (p->sections[i]->check)
			p->sections[i]->check(r->d, r->sc, r->p->sections[i]);
	r->sc->can_boot = good && r->d->nr_errors == errors;
}

/* Everything that is read from the complete tree. */
static void read_root(struct reading *r)
{
	struct top top;

	check_top_keys(r);
	check_kernels(r);
	read_top(r, &top);
	read_sections(r);
	use_top(r, &top);
	read_tunables(r);
	if (top.compare && !r->is_trial)
		read_compare(r, top.compare);
}

static void begin_scenario(struct reading *r, const struct personality *personality)
{
	r->sc->personality = personality;
	tables_init(&r->p->tables, personality);
}

static struct scenario *new_scenario(void)
{
	struct scenario *sc = sim_calloc(1, sizeof(*sc));

	sc->p = sim_calloc(1, sizeof(*sc->p));
	return sc;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->file == b->file && a->line == b->line && a->column == b->column;
}

char *try_root(const struct reading *r, const struct yaml_node *root, struct place at)
{
	struct diag d = { 0 };
	struct scenario *sc = new_scenario();
	struct reading trial = { &d, sc, sc->p, r->personalities, true };
	char *why = NULL;

	begin_scenario(&trial, r->sc->personality);
	sc->p->root = root;
	read_root(&trial);
	for (size_t i = 0; i < d.nr_errors && !why; i++)
		if (same_place(&d.errors[i].at, &at))
			why = sim_strdup(d.errors[i].text);
	if (diag_failed(&d) && !why && !diag_failed(r->d)) /* it shows elsewhere */
		why = sim_strdup(d.errors[0].text);
	scenario_free(sc);
	diag_free(&d);
	return why;
}

/* ---- the file ---- */

/* The file's name without folder and ".yaml", as it may be used for files of results. */
static char *scenario_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = !strcmp(path, "-") ? "stdin" : slash ? slash + 1 : path;
	size_t len = strlen(base);
	char *name;

	if (len > 5 && !strcmp(base + len - 5, ".yaml"))
		len -= 5;
	else if (len > 4 && !strcmp(base + len - 4, ".yml"))
		len -= 4;
	name = arena_strndup(a, base, len < MAX_NAME ? len : MAX_NAME);
	for (char *p = name; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			      (*p >= '0' && *p <= '9') || *p == '_';

		if (!letter && (p == name || (*p != '.' && *p != '-')))
			*p = '_';
	}
	return name;
}

/* The first paragraph of the comment at the head of the file, in one line. */
static char *leading_comment(struct arena *a, const char *text)
{
	struct str question = { 0 };
	char *copy;

	while (*text == '#') {
		size_t len = strcspn(text, "\r\n");
		const char *p = text + strspn(text, "# \t");

		if (p >= text + len) {
			if (question.len)
				break;
		} else {
			str_add(&question, question.len ? " " : "");
			str_addn(&question, p, (size_t)(text + len - p));
		}
		text += len + strspn(text + len, "\r");
		text += *text == '\n';
	}
	copy = arena_strndup(a, str_get(&question), question.len);
	str_free(&question);
	return copy;
}

static uint64_t hash_files(const struct diag *d, size_t from, const struct setting *sets,
			   int nr_sets)
{
	XXH64_state_t *state = XXH64_createState();
	uint64_t hash;

	XXH64_reset(state, 0);
	for (size_t i = from; i < d->nr_files; i++)
		XXH64_update(state, d->files[i]->text, d->files[i]->len);
	for (int i = 0; i < nr_sets; i++) {
		char *text = str_format("%s=%s\n", sets[i].key, sets[i].value);

		XXH64_update(state, text, strlen(text));
		sim_free(text);
	}
	hash = XXH64_digest(state);
	XXH64_freeState(state);
	return hash;
}

/* The personality by --set, by the file, or by what it includes; NULL: there is none such. */
static const struct personality *choose_personality(struct reading *r, const struct yaml_node *root,
						    const struct set *sets, int nr_sets)
{
	const struct yaml_node *machine = yaml_get(root, "machine");
	const struct yaml_node *node = machine ? yaml_get(machine, "personality") : NULL;
	const struct personality *found = NULL;
	struct words words = { 0 };

	node = yaml_get(root, "personality") ? yaml_get(root, "personality") : node;
	for (int i = 0; i < nr_sets; i++)
		if (!strcmp(sets[i].setting->key, "personality") && sets[i].value)
			node = sets[i].value;
	if (!node)
		return r->personalities[0];
	if (node->kind == YAML_KIND_SCALAR)
		found = find_personality(r, node->text);
	for (int i = 0; r->personalities[i]; i++)
		words_add(&words, r->personalities[i]->name);
	if (!found)
		words_unknown(&words, r->d, node->at, "no personality",
			      node->kind == YAML_KIND_SCALAR ? node->text : "", "");
	words_free(&words);
	return found;
}

/* From the file's tree to the scenario; false: nothing can be made of it. */
static bool read_document(struct reading *r, const struct yaml_node *root,
			  const struct setting *settings, int nr_sets)
{
	struct set *sets = arena_calloc(&r->p->arena, (size_t)nr_sets + 1, sizeof(*sets));
	const struct personality *personality;

	if (root->kind != YAML_KIND_MAP) {
		diag_error(r->d, root->at, "found %s; accepted: a mapping (scenario)",
			   yaml_describe(root));
		return false;
	}
	for (int i = 0; i < nr_sets; i++)
		sets[i] = assemble_set(r, &settings[i]);
	personality = choose_personality(r, root, sets, nr_sets);
	if (!personality)
		return false;
	begin_scenario(r, personality);
	r->p->root = assemble(r, root, sets, nr_sets);
	read_root(r);
	for (int i = 0; i < nr_sets; i++) {
		const char *name = settings[i].key;

		if (sets[i].value && is_tunable_name(&r->p->tables, &name))
			set_tunable(r, name, sets[i].value);
	}
	return true;
}

struct scenario *scenario_load(struct diag *d, const char *path,
			       const struct personality *const *personalities,
			       const struct setting *sets, int nr_sets)
{
	size_t first_file = d->nr_files;
	struct yaml_doc *doc = yaml_load_anyhow(d, path);
	struct scenario *sc;

	if (!doc)
		return NULL;
	sc = new_scenario();

	struct reading r = { d, sc, sc->p, personalities, false };

	sc->personalities = personalities;

	sc->p->docs = sim_alloc(sizeof(*sc->p->docs));
	sc->p->docs[sc->p->nr_docs++] = doc;
	sc->p->cap_docs = 1;
	sc->path = arena_strndup(&sc->p->arena, path, strlen(path));
	sc->name = scenario_name(&sc->p->arena, path);
	sc->question = leading_comment(&sc->p->arena, d->files[first_file]->text);
	sc->hash = hash_files(d, first_file, sets, nr_sets);
	if (read_document(&r, yaml_root(doc), sets, nr_sets))
		return sc;
	scenario_free(sc);
	return NULL;
}

void scenario_free(struct scenario *sc)
{
	if (!sc)
		return;
	if (sc->expect)
		expect_free(sc->expect);
	if (sc->personality)
		tables_free(&sc->p->tables);
	for (size_t i = 0; i < sc->p->nr_docs; i++)
		yaml_doc_free(sc->p->docs[i]);
	sim_free(sc->p->docs);
	sim_free(sc->p->tunables);
	arena_free(&sc->p->arena);
	sim_free(sc->p);
	sim_free(sc);
}
