"""What the recipe is worth, measured: does it train every time, and what is lost without its parts.

Two questions, each a table of runs that differ in one thing:

- `recipe`: on a few drawn pictures, over several seeds: with everything, without augmentation, and without
  ramped conditioning. The variants of a seed share everything up to the adversarial part.
- `tune`: a model fine-tuned on a few pictures, against the same networks trained from scratch for as long,
  and against the untouched model.

Pictures are judged against others of the same kind that no run has seen, by a net that no run has seen
either. Rows are kept in a file as they come, so a table that was broken off is gone on with.
"""
