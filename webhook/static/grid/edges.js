// Where Ctrl and an arrow lead.

/**
 * The end of the block of filled cells in which a cell stands; from an empty cell, or from the end of a block, the next
 * filled cell; the last place where there is none.
 * @param {number} from
 * @param {number} step 1 or -1
 * @param {number} last place, in the direction of the step
 * @param {(place: number) => boolean | undefined} filled undefined: not known
 * @returns {number | undefined} undefined where a cell on the way is not known
 */
export function edge(from, step, last, filled) {
  if ((last - from) * step <= 0) return from;
  const here = filled(from);
  const beside = filled(from + step);
  if (here === undefined || beside === undefined) return undefined;
  const inside = here && beside;
  for (let place = from + step; place !== last; place += step) {
    const known = filled(inside ? place + step : place);
    if (known === undefined) return undefined;
    if (known !== inside) return place;
  }
  return last;
}
