// A new version of a part of the page takes the place of the old one; what is the same in both stays. That leaves less
// to lay out, and what the reader has selected, focused or scrolled in it is still so.

/** Of such an element the children are looked at one by one; any other stays or goes as a whole. */
const LOOKED_INTO = "SECTION";

/**
 * Make what `shown` holds the same as what `fresh` holds; the nodes of `fresh` are used up.
 * @param {Element} shown
 * @param {Element | DocumentFragment} fresh
 */
export function replaceChanged(shown, fresh) {
  const before = [...shown.childNodes];
  const after = [...fresh.childNodes];
  while (before.length && after.length && before[0].isEqualNode(after[0])) {
    before.shift();
    after.shift();
  }
  let next = null; // what comes behind the part that differs
  while (before.length && after.length && before.at(-1).isEqualNode(after.at(-1))) {
    next = before.pop();
    after.pop();
  }
  for (const node of after) {
    const old = before.shift();
    if (!old) shown.insertBefore(node, next);
    else if (old.nodeName === LOOKED_INTO && old.cloneNode().isEqualNode(node.cloneNode())) replaceChanged(old, node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  }
  before.forEach((node) => node.remove());
}
