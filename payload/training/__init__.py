"""The wing that makes the masker: labelled images in, networks with their cards out.

It needs the extra `train`; `payload-train run RECIPE --data FOLDER` follows a recipe:

    recipe       what is trained, on what, how long;  journal: what happened when
    readers      labelled images in the layouts that the world publishes;  images: who may see whom
    compose      hard scenes without limit, put together by physics
    workshop     `prepare` and `teach`: images in a store, and what teachers say of each
    nnunet       the teacher: a genuine nnU-Net v2;  opinions: a published network as another
    school       students learn: lessons, student, train
    course       the whole of it: who learns alone, whether the teacher may teach, who learns from it
    exam         what they are worth on scenes that they never saw;  judge: how anything is judged
    realism      whether rendered scenes look like real ones
    shipping     what flies: calibrate, export, streamline, quantise;  speed: how fast
    cli          `payload-train`

Nothing on board imports this wing, and torch is imported nowhere else.
"""
