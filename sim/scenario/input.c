/*
 * input.c - the bytes of a user's file, before anything is made of them
 *
 * The file may be hostile: a device without end, a FIFO nobody writes to,
 * bytes that steer a terminal.
 */
#include "sim/scenario/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"

#define READ_BYTES 65536

struct place input_place(const struct diag_file *file, size_t offset)
{
	struct place at = { file, 1, 1, 1 };

	for (size_t i = 0; i < offset && i < file->len; i++) {
		if (file->text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if (((unsigned char)file->text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

bool input_accepts(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n';
	return code != 0x7f && !(code >= 0x80 && code < 0xa0) && code != 0x2028 && code != 0x2029 &&
	       code != 0xfeff && code != 0xfffe && code != 0xffff;
}

bool input_check(struct diag *d, const struct diag_file *file)
{
	const char *text = file->text;
	size_t len = file->len, i = 0;

	while (i < len) {
		uint32_t code = 0;
		int bytes = str_utf8(text + i, len - i, &code);

		if (!bytes) {
			diag_error(
			    d, input_place(file, i),
			    "byte 0x%02x does not belong to UTF-8 text; accepted: a file in UTF-8",
			    (unsigned char)text[i]);
			return false;
		}
		if (!input_accepts(code) && !(code == '\r' && i + 1 < len && text[i + 1] == '\n')) {
			diag_error(d, input_place(file, i),
				   "control character U+%04X; accepted: text in UTF-8",
				   (unsigned)code);
			return false;
		}
		for (i += (size_t)bytes; i < len && text[i] >= 0x20 && text[i] < 0x7f; i++)
			;
	}
	return true;
}

/* Everything up to a little more than max bytes; NULL: read failed, see errno. */
static char *read_all(int fd, size_t max, size_t *len)
{
	void *text = NULL;
	size_t cap = 0;
	ssize_t got;

	*len = 0;
	do {
		sim_grow(&text, &cap, *len + READ_BYTES, 1);
		got = read(fd, (char *)text + *len, cap - 1 - *len);
		if (got > 0)
			*len += (size_t)got;
	} while ((got > 0 && *len <= max) || (got < 0 && errno == EINTR));
	if (got < 0) {
		sim_free(text);
		return NULL;
	}
	((char *)text)[*len] = '\0';
	return text;
}

static char *copy_text(const char *text, size_t len)
{
	char *copy = sim_alloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/*
 * Standard input can be read once only, but what it says may be asked for again: by each run of a
 * comparison.  The program's own input is no state of a simulation.
 */
static struct input standard_input;

static bool read_standard_input(struct input *in)
{
	struct stat st;

	if (!standard_input.text || fstat(STDIN_FILENO, &st) ||
	    st.st_dev != standard_input.device || st.st_ino != standard_input.inode)
		return false;
	*in = standard_input;
	in->text = copy_text(standard_input.text, standard_input.len);
	return true;
}

void input_forget(void)
{
	sim_free(standard_input.text);
	standard_input = (struct input){ 0 };
}

static void keep_standard_input(const struct input *in)
{
	input_forget();
	standard_input = *in;
	standard_input.text = copy_text(in->text, in->len);
}

/* The next of the files that were kept from an earlier reading. */
static bool read_again(struct input *in, struct diag *d, const char *path, struct place at)
{
	const struct diag_file *file;

	if (d->nr_again == d->again->nr_files) {
		diag_error(d, at, "%s was not kept with the results", path);
		return false;
	}
	file = d->again->files[d->nr_again++];
	*in = (struct input){ .len = file->len, .inode = (ino_t)d->nr_again };
	in->text = copy_text(file->text, file->len);
	return true;
}

/* Whether it is not the user who named the wrong file. */
static bool is_of_host(int error)
{
	return error != ENOENT && error != ENOTDIR && error != ENAMETOOLONG && error != ELOOP &&
	       error != ENXIO;
}

/* Opens a file and remembers which one it is; -1: an error was added. */
static int open_file(struct input *in, struct diag *d, const char *path, bool from_stdin,
		     struct place at)
{
	int fd = from_stdin ? dup(STDIN_FILENO)
			    : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		d->host_failed |= is_of_host(errno);
		diag_error(d, at, "%s cannot be read: %s", *path ? path : "a file without a name",
			   strerror(errno));
	} else if (!from_stdin && !S_ISREG(st.st_mode)) {
		diag_error(d, at, "%s is %s; accepted: a regular file, or - for standard input",
			   path, S_ISDIR(st.st_mode) ? "a directory" : "a special file");
	} else {
		in->device = st.st_dev;
		in->inode = st.st_ino;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Results are SQLite files, and easily given where their scenario is meant. */
static bool is_database(const struct input *in)
{
	static const char magic[] = "SQLite format 3";

	return in->len >= sizeof(magic) && memcmp(in->text, magic, sizeof(magic)) == 0;
}

bool input_read(struct input *in, struct diag *d, const char *path, bool from_stdin, size_t max,
		struct place at)
{
	int fd, error;

	if (d->again)
		return read_again(in, d, path, at);
	if (from_stdin && read_standard_input(in))
		return true;
	fd = open_file(in, d, path, from_stdin, at);
	if (fd < 0)
		return false;
	in->text = read_all(fd, max, &in->len);
	error = errno;
	close(fd);
	if (in->text && in->len <= max && !is_database(in)) {
		if (from_stdin)
			keep_standard_input(in);
		return true;
	}
	d->host_failed |= !in->text && is_of_host(error);
	if (!in->text)
		diag_error(d, at, "%s cannot be read: %s", path, strerror(error));
	else if (is_database(in))
		diag_error(d, at,
			   "%s is a database (results of a run?); accepted: a scenario, text in "
			   "YAML",
			   path);
	else
		diag_error(d, at, "%s is too large; accepted: at most %zu MiB", path, max >> 20);
	sim_free(in->text);
	in->text = NULL;
	return false;
}
