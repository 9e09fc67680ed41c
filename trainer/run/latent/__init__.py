"""Fine-tuning of a model in latents.

The pictures of the set are read once (`material`): by A, as they are, mirrored, graded and in other views,
and by the frozen encoders of look and persona. From then on a step costs what latents cost. The condition of
a picture is its own look, and the person as *other* pictures of the set show them; where the whole set is of
one person, also as a style of it will ask for them, so that the person becomes what the style asks for. Sets
of whole pictures have a look alone.

What the model knew stays by a pack that the starting G draws once (`pack`): z and s, and the latents that it
makes of them. A share of every batch comes from there, as D's reals and as what G and C must give again.

G, D and C move (`state`), first in reconstruction, then against D (`phases`); what each of them minimises is
that of the base model's training (`contest`). A, look, persona and the face network hold still, so styles
keep what they mean. `likeness` says how much the person is met, `tiers` how long it takes, and `kind` is what
a run knows of all this.
"""
