"""Training of the masker: from labelled images to networks with their cards.

It needs the extra `train`; `payload-train run RECIPE --data FOLDER` follows a recipe:

    recipe       what is trained, on what, how long;  journal: log and progress
    readers      labelled images in the layouts of published data sets;  images: splits by scene
    compose      any number of hard scenes, composed by physics
    workshop     `prepare` and `teach`: images in a store, with the teachers' opinions of each
    nnunet       the teacher: a genuine nnU-Net v2;  opinions: a published network as another
    school       training of students: lessons, student, train
    course       order of training: students without a teacher, the teacher's gate, distilled students
    exam         evaluation on scenes that they never saw;  judge: how anything is evaluated
    realism      whether rendered scenes look like real ones
    shipping     what flies: calibrate, export, streamline, quantise;  speed: how fast
    cli          `payload-train`

Nothing that flies imports this package, and torch is imported nowhere else.
"""
