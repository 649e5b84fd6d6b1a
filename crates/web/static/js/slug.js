// Names of servers, made from what a user types. The hub makes the same from the same.

const longest = 30;

/** A name for URLs: lower-case letters, digits and single hyphens, from a letter on, 30 characters at most. */
export function slug(name) {
  if (!name) throw new Error("a server needs a name");
  const plain = name.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
  const words = plain.match(/[a-z0-9]+/g) ?? [];
  const joined = words.join("-");
  const fromLetter = /^[a-z]/.test(joined) ? joined : `x-${joined}`;
  return fromLetter.slice(0, longest).replace(/-+$/, "");
}

/** What may be shown as the name: letters, marks, digits, punctuation, symbols and single spaces. */
export function displayName(name) {
  const kept = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "");
  return kept.split(" ").filter(Boolean).join(" ");
}
