import * as arrival from "./arrival.js";
import * as copy from "./copy.js";
import * as figures from "./figures.js";
import * as filters from "./filters.js";
import * as forms from "./forms.js";
import { start } from "./navigate.js";
import * as print from "./print.js";
import * as search from "./search.js";
import * as theme from "./theme.js";
import * as timestamps from "./timestamps.js";

const mount = (root) => {
  for (const part of [filters, forms, timestamps, copy, arrival, figures]) part.mount(root);
};

theme.mount(document);
timestamps.runClock(document);
search.start();
mount(document);
start(mount);
print.start();
