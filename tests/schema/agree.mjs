// Do the JSON Schema and mmsim itself agree which scenarios are right?
//
//   NODE_PATH=... node tests/schema/agree.mjs MMSIM HOW_MANY SEED SCENARIO...
//
// Every scenario as it is must be accepted by both.  Then so many copies are changed, one to three changes
// each: a key misspelt or taken away, a value of another kind, a number out of range, a wrong word.  The schema
// may never refuse what mmsim accepts.  What mmsim refuses the schema must refuse, too, unless every error
// is of a kind that a schema cannot say (the list MEANING below); these are counted apart.
import { execFileSync, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(path.join(process.env.MMSIM_NPM ?? process.cwd(), 'x.js'))
const Ajv = require('ajv')
const YAML = require('yaml')

const [mmsim, howMany, seed, ...files] = process.argv.slice(2)
const BATCH = 250

// What JSON Schema has no words for.
const MEANING = [
	[/^machine\.(nodes|distances|memory_map|disks)|^disks: |^(linux|freebsd)\.[a-z_]+: /, 'what makes a whole machine'],
	[/^returns: found nothing/, 'nothing, which readers of YAML take for NULL'],
	[/no (kind of objects|[a-z_]+) "[^"]*"( in the scenario|; did you mean|; accepted)| is a [a-z_]+; accepted: the name of|elsewhere in/, 'a name that is declared elsewhere, or not at all'],
	[/nothing was given as "[^"]*" yet when this step is reached/, 'a name that is given later'],
	[/there is (no|a|already)|already set|stands? (twice|above)|is named|names? no |same name|twice/, 'a name that is there twice, or not at all'],
	[/is out of range/, 'the range of a value written with a unit'],
	[/less than|not whole|not a whole|no whole|too large|too many|too small|at least one|at most|smaller than|larger than|beyond|must be|multiple of|overlap|power of two/, 'a relation between values'],
	[/both |one of them|neither|none of|without |is needed|needs |instead of|stands in one step|beside|missing in/, 'keys that exclude or need each other'],
	[/the run asks for \d+ calls/, 'how long a run takes'],
	[/is not (before|after|within)|not known|cannot|may sleep|an interrupt|itself|covers|populated|does not|is no /, 'what only the machine tells'],
	[/^assert|expectation|comparison|expression|metric|in an? (sum|product)|result/, 'an expression'],
	[/accepted: [^;]*(node|CPU|disk|file|memory|order)/, 'what only the machine tells'],
]

// ---- chance that can be repeated ----

let state = BigInt(seed)
function rnd(n) {
	state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
	return Number((state >> 33n) % BigInt(n))
}
const pick = (list) => list[rnd(list.length)]

// ---- reading ----

// Numbers that JSON cannot hold stay texts; "returns: NULL" is a word.
function merge(v) {
	if (Array.isArray(v)) return v.map(merge)
	if (typeof v === 'bigint') return Number.isSafeInteger(Number(v)) ? Number(v) : String(v)
	if (v === null || typeof v !== 'object') return v
	let out = {}
	for (const [k, x] of Object.entries(v))
		if (k !== '<<') out[k] = k === 'returns' && x === null ? 'NULL' : merge(x)
	for (const from of [v['<<'] ?? []].flat()) out = { ...merge(from), ...out }
	return out
}

function load(file) {
	const include = {
		tag: '!include',
		resolve: (name) => load(path.join(path.dirname(file), name)),
	}
	return merge(YAML.parse(fs.readFileSync(file, 'utf8'), { customTags: [include], merge: false, maxAliasCount: -1, intAsBigInt: true }))
}

const dump = (v) => YAML.stringify(v, { nullStr: '', aliasDuplicateObjects: false, lineWidth: 0 })

// ---- changing ----

// All places: [container, key].
function places(v, list = []) {
	if (v && typeof v === 'object')
		for (const k of Object.keys(v)) {
			list.push([v, k])
			places(v[k], list)
		}
	return list
}

function misspell(k) {
	const i = rnd(k.length)
	return pick([k.slice(0, i) + k.slice(i + 1), k + 'x', k.slice(0, i) + 'q' + k.slice(i), 'z' + k])
}

const WRONG = ['bogus', '10 parsecs', '-7', '1e9', '0x10', '007', 'yes', 'a b', '12 %', '5 s', '64 KiB', '3 MB/s', '']
const NUMBERS = [0, 1, -1, 2, 63, 64, 101, 4096, 1.5, 1000000, 2147483648, 1e15]

function mutate(v) {
	const all = places(v)
	if (!all.length) return
	const [at, k] = pick(all)
	const list = Array.isArray(at)
	switch (rnd(12)) {
	case 0: // a key that is written wrongly
		if (list) return mutate(v)
		{ const x = at[k]; delete at[k]; const n = misspell(k); at[n === '' ? 'q' : n] = x }
		break
	case 1: // nothing there any more
		list ? at.splice(Number(k), 1) : delete at[k]
		break
	case 2:
		at[k] = pick(WRONG)
		break
	case 3:
		at[k] = pick(NUMBERS)
		break
	case 4:
		at[k] = pick([null, true, false])
		break
	case 5:
		at[k] = pick([[], {}, [1, 2], { a: 1 }, [at[k]], { [k]: at[k] }])
		break
	case 6: // a further key
		if (at[k] === null || typeof at[k] !== 'object' || Array.isArray(at[k])) return mutate(v)
		at[k][pick(['extra', 'count', 'size', 'name', 'file', 'do'])] = pick([1, 'x', '1 s', '64 KiB'])
		break
	case 7: // another value of the same file
		{ const [a, b] = pick(all); if (a[b] === undefined) return mutate(v); at[k] = structuredClone(a[b]) }
		break
	default: // a small step, often still right
		if (typeof at[k] === 'number') at[k] += pick([-1, 1, 10])
		else if (list) at.push(structuredClone(at[k]))
		else return mutate(v)
	}
}

// ---- judging ----

// Without inlineRefs: what $ref names stays a function of its own, which compiles in half the time.
const ajv = new Ajv({ strict: false, allErrors: false, inlineRefs: false, code: { optimize: false } })
const schemas = new Map()
function schemaOf(v) {
	const kernel = v && typeof v === 'object' && typeof v.personality === 'string' ? v.personality : 'linux'
	if (!schemas.has(kernel)) {
		const r = spawnSync(mmsim, ['schema', '--personality', kernel], { maxBuffer: 1 << 28 })
		schemas.set(kernel, r.status === 0 ? ajv.compile(JSON.parse(r.stdout)) : null)
	}
	return schemas.get(kernel) ?? schemaOf({})
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mmsim-schema-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

// The key of the scenario below which a line stands.
function topKey(text, line) {
	const above = text.split('\n').slice(0, line).filter((l) => /^[^ -]/.test(l))
	return (above.at(-1) ?? '').split(':')[0]
}

// What mmsim says of each text: [] if it accepts it.
function judge(texts) {
	const names = texts.map((t, i) => {
		const n = path.join(folder, `s${i}.yaml`)
		fs.writeFileSync(n, t)
		return n
	})
	const r = spawnSync(mmsim, ['check', ...names], { maxBuffer: 1 << 28, encoding: 'utf8' })
	if (r.status !== 0 && r.status !== 2) throw new Error(`mmsim check ended with ${r.status} ${r.signal}: ${r.stderr.slice(-2000)}`)
	const said = texts.map(() => [])
	for (const line of r.stderr.split('\n')) {
		const m = /s(\d+)\.yaml:(\d+):\d+: error: (.*)/.exec(line)
		if (m) said[Number(m[1])].push({ text: m[3], key: topKey(texts[Number(m[1])], Number(m[2])) })
	}
	const ok = new Set([...r.stdout.matchAll(/s(\d+)\.yaml: ok/g)].map((m) => Number(m[1])))
	return said.map((errors, i) => (ok.has(i) ? [] : errors.length ? errors : [{ text: 'refused without a word', key: '' }]))
}

const OF_KEY = { compare: 'values of paths to compare', expect: 'an expression' }
const kindOf = ({ text, key }) => OF_KEY[key] ?? MEANING.find(([pattern]) => pattern.test(text))?.[1]
const tally = { both_accept: 0, both_refuse: 0, meaning: 0, schema_only: 0, mmsim_only: 0 }
const kinds = new Map()
const examples = []

function compare(v, text, errors, name) {
	const validate = schemaOf(v)
	const right = validate(v)
	if (right && !errors.length) tally.both_accept++
	else if (!right && errors.length) tally.both_refuse++
	else if (!right) {
		tally.schema_only++
		examples.push([name, 'the schema alone refuses it', ajv.errorsText(validate.errors).slice(0, 300), text])
	} else {
		const kind = errors.map(kindOf)
		if (kind.every((k) => k)) {
			tally.meaning++
			kinds.set(kind[0], (kinds.get(kind[0]) ?? 0) + 1)
		} else {
			tally.mmsim_only++
			examples.push([name, 'mmsim alone refuses it', errors[kind.findIndex((k) => !k)].text, text])
		}
	}
}

const originals = []
for (const f of files) originals.push([f, load(f)])
for (let i = 0; i < originals.length; i += BATCH) {
	const part = originals.slice(i, i + BATCH)
	const texts = part.map(([, v]) => dump(v))
	judge(texts).forEach((errors, k) => {
		// as it is, the scenario must be right for both
		if (errors.length) examples.push([part[k][0], 'mmsim refuses the scenario as it was written anew', errors[0].text, texts[k]])
		else compare(part[k][1], texts[k], errors, part[k][0])
	})
}
const shipped = tally.both_accept

for (let done = 0; done < Number(howMany); done += BATCH) {
	const part = []
	for (let i = done; i < Math.min(done + BATCH, Number(howMany)); i++) {
		const [name, v] = pick(originals)
		const root = { v: structuredClone(v) }
		for (let n = rnd(4) ? 1 : 3; n > 0; n--) mutate(root.v)
		part.push([name, root.v, dump(root.v)])
	}
	// what is read back is what both judge
	judge(part.map(([, , t]) => t)).forEach((errors, k) => {
		const [name, , text] = part[k]
		compare(merge(YAML.parse(text, { merge: false, maxAliasCount: -1, intAsBigInt: true })), text, errors, name)
	})
}

for (const [name, what, why, text] of examples.slice(0, Number(process.env.SHOW ?? 5))) {
	console.log(`${name}: ${what}: ${why}`)
	if (process.env.SHOW_TEXT) console.log(text)
}
for (const [k, n] of kinds) console.log(`  ${String(n).padStart(6)} refused by mmsim alone for ${k}`)
console.log(`schema: ${shipped} scenarios as they are and ${howMany} changed ones (seed ${seed}): ` +
	`${tally.both_accept - shipped} accepted by both, ${tally.both_refuse} refused by both, ${tally.meaning} refused by mmsim for what ` +
	`a schema cannot say, ${tally.schema_only + tally.mmsim_only} disagree`)
process.exit(tally.schema_only || tally.mmsim_only || shipped < originals.length ? 1 : 0)
