// Predictions: a page asks as a notebook does. Nothing is kept, and nothing counts.
"use strict";
