"""Tools that the platform brings along, as calls of a response: what each is offered as, and how it is carried out."""
