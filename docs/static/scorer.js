// What the search shows first: guides, then the reference, then all else.
const RANKS = [
  [/^docs\/guides\//, 12],
  [/^docs\/api\/oneiros\.(layers|models)$/, 9],
  [/^docs\/(start|api|plugins|examples)\//, 5],
];

var Scorer = {
  score: ([page, title, anchor, description, score]) =>
    score + (RANKS.find(([pages]) => pages.test(page)) ?? [null, 0])[1],
  objNameMatch: 21,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
