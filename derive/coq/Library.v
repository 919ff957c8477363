(** Sums over finite index sets, lists of numbers, and the tactics of the files beside this one.

    Only Coq's standard library is used, and no axiom. *)

From Coq Require Export ZArith Lia List Ring QArith.
From Coq Require Import Permutation.
Export ListNotations.
Open Scope Z_scope.

(** Quotients, remainders, maxima and absolute values are facts that [lia] may use. *)
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(** * Values: the elements of any commutative ring

    Entries of signals and weights are values: integers, rational, real or complex numbers, … *)

Record values := Values {
  value :> Type;
  zero : value;
  one : value;
  plus : value -> value -> value;
  times : value -> value -> value;
  minus : value -> value -> value;
  negative : value -> value;
  laws : ring_theory zero one plus times minus negative eq
}.
Arguments zero {v}.
Arguments one {v}.
Arguments plus {v}.
Arguments times {v}.
Arguments minus {v}.
Arguments negative {v}.
Infix "**" := times (at level 40, left associativity).

(** * Points: as many integers as there are letters *)

(** A function of n integers. *)
Fixpoint letters (n : nat) (T : Type) : Type :=
  match n with
  | O => T
  | S others => Z -> letters others T
  end.

(** Its value at a list of n integers, and something else at every other list. *)
Fixpoint at_point {T : Type} (otherwise : T) (n : nat) : letters n T -> list Z -> T :=
  match n with
  | O => fun f point => match point with [] => f | _ => otherwise end
  | S others => fun f point => match point with [] => otherwise | z :: rest => at_point otherwise others (f z) rest end
  end.

(** What holds of every list of n integers, letter by letter. *)
Fixpoint every (n : nat) (R : list Z -> Prop) : Prop :=
  match n with
  | O => R []
  | S others => forall z : Z, every others (fun rest => R (z :: rest))
  end.

Lemma every_inside (n : nat) (P : letters n Prop) (R : list Z -> Prop) :
  every n (fun point => at_point False n P point -> R point) -> forall point, at_point False n P point -> R point.
Proof.
  revert P R. induction n as [| n IH]; intros P R all [| z point] inside; simpl in *; try contradiction.
  - exact (all inside).
  - exact (IH (P z) (fun rest => R (z :: rest)) (all z) point inside).
Qed.

(** * Sums *)

Section Sums.
  Variable K : values.
  Add Ring of_values : (laws K).

  (** The sum of f over a list of points. *)
  Fixpoint total {A : Type} (f : A -> K) (points : list A) : K :=
    match points with
    | [] => zero
    | x :: others => plus (f x) (total f others)
    end.

  (** v is the sum of f over the finite set of the points with P: of a list in which each of them stands once, and nothing else. *)
  Definition is_sum {A : Type} (P : A -> Prop) (f : A -> K) (v : K) : Prop :=
    exists points : list A, NoDup points /\ (forall x, In x points <-> P x) /\ v = total f points.

  (** The sum of f over all n integers with P is the sum of g over all m integers with Q: the one exists if the other does, and
      their values are equal. *)
  Definition same_sum (n : nat) (P : letters n Prop) (f : letters n K) (m : nat) (Q : letters m Prop) (g : letters m K) : Prop :=
    forall v, is_sum (at_point False n P) (at_point zero n f) v <-> is_sum (at_point False m Q) (at_point zero m g) v.

  Lemma total_permutation {A : Type} (f : A -> K) (l l' : list A) : Permutation l l' -> total f l = total f l'.
  Proof. induction 1; simpl; try rewrite IHPermutation; try congruence; ring. Qed.

  (** A set has one sum only. *)
  Theorem is_sum_unique {A : Type} (P : A -> Prop) (f : A -> K) (v w : K) : is_sum P f v -> is_sum P f w -> v = w.
  Proof.
    intros (l & once & here & ->) (l' & once' & here' & ->).
    apply total_permutation, NoDup_Permutation; try assumption.
    intro x. rewrite here, here'. reflexivity.
  Qed.

  Lemma carried {A B : Type} (P : A -> Prop) (f : A -> K) (Q : B -> Prop) (g : B -> K) (there : A -> B) (back : B -> A) :
    (forall x, P x -> Q (there x) /\ back (there x) = x) -> (forall y, Q y -> P (back y) /\ there (back y) = y) ->
    (forall x, P x -> f x = g (there x)) -> forall v, is_sum P f v -> is_sum Q g v.
  Proof.
    intros forth again same v (l & once & here & ->).
    exists (map there l).
    assert (inside : forall x, In x l -> P x) by (intros x; apply here).
    split; [| split].
    - clear here. induction l as [| x l IH]; simpl; constructor.
      + intro twice. apply in_map_iff in twice. destruct twice as (x' & equal & there').
        inversion once as [| ? ? not_in once']; subst. apply not_in.
        destruct (forth x (inside x (or_introl eq_refl))) as [_ <-].
        destruct (forth x' (inside x' (or_intror there'))) as [_ back']. rewrite <- equal, back'. exact there'.
      + inversion once; subst. apply IH; [assumption |]. intros x' in_l. apply inside. right. exact in_l.
    - intro y. rewrite in_map_iff. split.
      + intros (x & <- & in_l). apply forth, inside, in_l.
      + intros Qy. exists (back y). destruct (again y Qy) as [P_back equal]. split; [exact equal |]. apply here, P_back.
    - clear once here. induction l as [| x l IH]; simpl; [reflexivity |].
      rewrite <- IH by (intros x' in_l; apply inside; right; exact in_l).
      rewrite (same x (inside x (or_introl eq_refl))). reflexivity.
  Qed.

  (** A bijection of the index sets that keeps the summand: both sums are one. *)
  Theorem same_by_bijection (n m : nat) (there : letters n (list Z)) (back : letters m (list Z))
      (P : letters n Prop) (f : letters n K) (Q : letters m Prop) (g : letters m K) :
    every n (fun x => at_point False n P x ->
      at_point False m Q (at_point [] n there x) /\ at_point [] m back (at_point [] n there x) = x) ->
    every m (fun y => at_point False m Q y ->
      at_point False n P (at_point [] m back y) /\ at_point [] n there (at_point [] m back y) = y) ->
    every n (fun x => at_point False n P x -> at_point zero n f x = at_point zero m g (at_point [] n there x)) ->
    same_sum n P f m Q g.
  Proof.
    intros forth again same v.
    pose proof (every_inside _ _ _ forth) as forth'. pose proof (every_inside _ _ _ again) as again'.
    split; [exact (carried _ _ _ _ _ _ forth' again' (every_inside _ _ _ same) v) |].
    apply (carried _ _ _ _ _ _ again' forth').
    intros y Qy. destruct (again' y Qy) as [P_back equal]. rewrite (every_inside _ _ _ same _ P_back), equal. reflexivity.
  Qed.

  Lemma total_app {A : Type} (f : A -> K) (l l' : list A) : total f (l ++ l') = plus (total f l) (total f l').
  Proof. induction l as [| x l IH]; simpl; [ring |]. rewrite IH. ring. Qed.

  Lemma total_map {A B : Type} (f : B -> K) (h : A -> B) (l : list A) : total f (map h l) = total (fun x => f (h x)) l.
  Proof. induction l as [| x l IH]; simpl; [reflexivity |]. rewrite IH. reflexivity. Qed.

  (** One sum inside another is a sum over pairs: how sums over several axes are one sum. *)
  Theorem sum_of_sums {A B : Type} (P : A -> Prop) (Q : A -> B -> Prop) (g : A -> B -> K) (h : A -> K) (v : K) :
    (forall x, P x -> is_sum (Q x) (g x) (h x)) -> is_sum P h v ->
    is_sum (fun '(x, y) => P x /\ Q x y) (fun '(x, y) => g x y) v.
  Proof.
    intros inner (l & once & here & ->).
    assert (inside : forall x, In x l -> P x) by (intros x; apply here).
    assert (made : exists pairs, NoDup pairs /\ (forall p, In p pairs <-> In (fst p) l /\ Q (fst p) (snd p)) /\
                                 total h l = total (fun '(x, y) => g x y) pairs).
    { clear here. induction l as [| x l IH].
      - exists []. split; [constructor |]. split; [| reflexivity]. intros [x y]. simpl. tauto.
      - inversion once as [| ? ? not_in once']; subst.
        destruct IH as (pairs & once_p & here_p & same); [assumption | intros; apply inside; right; assumption |].
        destruct (inner x (inside x (or_introl eq_refl))) as (row & once_r & here_r & value_r).
        exists (map (pair x) row ++ pairs). split; [| split].
        + clear same value_r inner inside here_r. induction row as [| y row IH]; simpl; [assumption |].
          inversion once_r as [| ? ? not_in_r once_r']; subst. constructor; [| apply IH; assumption].
          rewrite in_app_iff, in_map_iff. intros [(y' & equal & in_row) | in_pairs].
          * injection equal as ->. contradiction.
          * apply here_p in in_pairs. simpl in in_pairs. tauto.
        + intros [x' y]. rewrite in_app_iff, in_map_iff. simpl. rewrite (here_p (x', y)). simpl. split.
          * intros [(y' & equal & in_row) | [in_l Qxy]]; [| tauto].
            injection equal as <- <-. apply here_r in in_row. tauto.
          * intros [[<- | in_l] Qxy]; [left | right; tauto]. exists y. rewrite here_r. tauto.
        + simpl. rewrite total_app, total_map, <- same, value_r. reflexivity. }
    destruct made as (pairs & once_p & here_p & equal).
    exists pairs. split; [exact once_p |]. split; [| exact equal].
    intros [x y]. rewrite (here_p (x, y)). simpl. rewrite here. reflexivity.
  Qed.

  Lemma total_times {A : Type} (c : K) (f : A -> K) (l : list A) : times c (total f l) = total (fun x => times c (f x)) l.
  Proof. induction l as [| x l IH]; simpl; [ring |]. rewrite <- IH. ring. Qed.

  Lemma total_times_right {A : Type} (c : K) (f : A -> K) (l : list A) : times (total f l) c = total (fun x => times (f x) c) l.
  Proof. induction l as [| x l IH]; simpl; [ring |]. rewrite <- IH. ring. Qed.

  (** The product of two sums is the sum of the products over all pairs: separable kernels, axis by axis. *)
  Theorem product_of_sums {A B : Type} (P : A -> Prop) (f : A -> K) (v : K) (Q : B -> Prop) (g : B -> K) (w : K) :
    is_sum P f v -> is_sum Q g w -> is_sum (fun '(x, y) => P x /\ Q y) (fun '(x, y) => f x ** g y) (v ** w).
  Proof.
    intros (l & once & here & ->) (l' & once' & here' & ->).
    apply (sum_of_sums P (fun _ => Q) (fun x y => f x ** g y) (fun x => f x ** total g l')).
    - intros x _. exists l'. split; [exact once' |]. split; [exact here' |]. apply total_times.
    - exists l. split; [exact once |]. split; [exact here |]. apply total_times_right.
  Qed.
End Sums.
Arguments total {K A}.
Arguments is_sum {K A}.

(** * Matrices of numbers: integers, fractions, and complex numbers as pairs of a real and an imaginary part *)

Record numbers := Numbers {
  number :> Type;
  nought : number;
  sum : number -> number -> number;
  product : number -> number -> number;
  conjugate_of : number -> number
}.

Definition complex_sum (a b : Z * Z) : Z * Z := (fst a + fst b, snd a + snd b).
Definition complex_product (a b : Z * Z) : Z * Z := (fst a * fst b - snd a * snd b, fst a * snd b + snd a * fst b).
Definition complex_conjugate (a : Z * Z) : Z * Z := (fst a, - snd a).

Definition integers := Numbers Z 0 Z.add Z.mul (fun a => a).
Definition fractions := Numbers Q 0%Q Qplus Qmult (fun a => a).
Definition complex := Numbers (Z * Z) (0, 0) complex_sum complex_product complex_conjugate.

Section Matrices.
  Variable N : numbers.
  Definition matrix := list (list N).

  Fixpoint inner (x y : list N) : N :=
    match x, y with
    | a :: x', b :: y' => sum N (product N a b) (inner x' y')
    | _, _ => nought N
    end.

  Fixpoint beside (x : list N) (rows : matrix) : matrix :=
    match x, rows with
    | a :: x', row :: rows' => (a :: row) :: beside x' rows'
    | _, _ => []
    end.

  Fixpoint transpose (rows : matrix) : matrix :=
    match rows with
    | [] => []
    | [row] => map (fun a => [a]) row
    | row :: rows' => beside row (transpose rows')
    end.

  Definition conjugate_matrix (rows : matrix) : matrix := map (map (conjugate_of N)) rows.
  Definition multiply (A B : matrix) : matrix := map (fun row => map (inner row) (transpose B)) A.
  Definition scale (c : N) (A : matrix) : matrix := map (map (product N c)) A.
  Definition inner_product (x y : matrix) : matrix := [[inner (concat x) (concat y)]].
  Definition pointwise (x y : matrix) : matrix :=
    map (fun '(a, b) => map (fun '(a, b) => product N a b) (combine a b)) (combine x y).
  Definition kronecker (A B : matrix) : matrix :=
    flat_map (fun above => map (fun below => flat_map (fun a => map (product N a) below) above) B) A.
  Definition at_place (A : matrix) (row column : nat) : matrix := [[nth column (nth row A []) (nought N)]].
End Matrices.

Fixpoint same_fractions (x y : list Q) : Prop :=
  match x, y with
  | [], [] => True
  | a :: x', b :: y' => (a == b)%Q /\ same_fractions x' y'
  | _, _ => False
  end.

Fixpoint same_fractions_decided (x y : list Q) : bool :=
  match x, y with
  | [], [] => true
  | a :: x', b :: y' => Qeq_bool a b && same_fractions_decided x' y'
  | _, _ => false
  end.

Lemma fractions_calculated (x y : list Q) : same_fractions_decided x y = true -> same_fractions x y.
Proof.
  revert y. induction x as [| a x IH]; destruct y as [| b y]; simpl; try discriminate; [trivial |].
  intro both. apply andb_prop in both. destruct both as [equal others]. split; [apply Qeq_bool_iff, equal | apply IH, others].
Qed.

Lemma cons_equal {A : Type} (a b : A) (x y : list A) : a = b -> x = y -> a :: x = b :: y.
Proof. intros -> ->. reflexivity. Qed.
Arguments cons_equal {A a b x y}.

(** Lists are one where their entries are. *)
Fixpoint same (x y : list Z) : Prop :=
  match x, y with
  | [], [] => True
  | a :: x', b :: y' => a = b /\ same x' y'
  | _, _ => False
  end.

Fixpoint same_complex (x y : list (Z * Z)) : Prop :=
  match x, y with
  | [], [] => True
  | a :: x', b :: y' => fst a = fst b /\ snd a = snd b /\ same_complex x' y'
  | _, _ => False
  end.

Lemma same_equal (x y : list Z) : same x y -> x = y.
Proof.
  revert y. induction x as [| a x IH]; destruct y as [| b y]; simpl; try contradiction; [trivial |].
  intros [-> others]. f_equal. apply IH, others.
Qed.

Lemma same_complex_equal (x y : list (Z * Z)) : same_complex x y -> x = y.
Proof.
  revert y. induction x as [| [a a'] x IH]; destruct y as [| [b b'] y]; simpl; try contradiction; [trivial |].
  intros (-> & -> & others). f_equal. apply IH, others.
Qed.

(** * Fast correlations: F(r, t) has r outputs y_i = Σ_b g_b d_(i+b) of t weights from l products of sums *)

Open Scope Q_scope.

Fixpoint added (n : nat) (f : nat -> Q) : Q :=
  match n with
  | O => 0
  | S before => added before f + f before
  end.

Definition entry (A : list (list Q)) (row column : nat) : Q := nth column (nth row A []) 0.

Definition fast (r t l : nat) (A G B : list (list Q)) : Prop :=
  forall (g d : nat -> Q) (i : nat), (i < r)%nat ->
    added l (fun p => entry A i p * added t (fun b => entry G p b * g b) * added (r + t - 1) (fun j => entry B p j * d j))
    == added t (fun b => g b * d (i + b)%nat).

Lemma added_same (n : nat) (f g : nat -> Q) : (forall p, f p == g p) -> added n f == added n g.
Proof. intro same. induction n as [| n IH]; simpl; [reflexivity |]. rewrite IH, same. reflexivity. Qed.

Lemma added_plus (n : nat) (f g : nat -> Q) : added n (fun p => f p + g p) == added n f + added n g.
Proof. induction n as [| n IH]; simpl; [ring |]. rewrite IH. ring. Qed.

Lemma added_times (n : nat) (c : Q) (f : nat -> Q) : added n (fun p => c * f p) == c * added n f.
Proof. induction n as [| n IH]; simpl; [ring |]. rewrite IH. ring. Qed.

Lemma added_turned (n m : nat) (f : nat -> nat -> Q) :
  added n (fun p => added m (fun q => f p q)) == added m (fun q => added n (fun p => f p q)).
Proof.
  induction n as [| n IH]; simpl.
  - induction m as [| m IH]; simpl; [reflexivity |]. rewrite <- IH. ring.
  - rewrite IH, <- added_plus. reflexivity.
Qed.

(** Nesting: an algorithm along each of two axes, all products of the one with all of the other, is one for both axes. *)
Theorem nested (r t l r' t' l' : nat) (A G B A' G' B' : list (list Q)) :
  fast r t l A G B -> fast r' t' l' A' G' B' ->
  forall (g d : nat -> nat -> Q) (i i' : nat), (i < r)%nat -> (i' < r')%nat ->
    added l (fun p => added l' (fun p' => entry A i p * entry A' i' p'
      * added t (fun b => added t' (fun b' => entry G p b * entry G' p' b' * g b b'))
      * added (r + t - 1) (fun j => added (r' + t' - 1) (fun j' => entry B p j * entry B' p' j' * d j j'))))
    == added t (fun b => added t' (fun b' => g b b' * d (i + b)%nat (i' + b')%nat)).
Proof.
  intros one other g d i i' low low'.
  transitivity (added l (fun p => entry A i p * added t' (fun b' =>
      added t (fun b => entry G p b * g b b') * added (r + t - 1) (fun j => entry B p j * d j (i' + b')%nat)))).
  - apply added_same. intro p.
    rewrite <- (other (fun b' => added t (fun b => entry G p b * g b b')) (fun j' => added (r + t - 1) (fun j => entry B p j * d j j')) i' low').
    rewrite <- added_times. apply added_same. intro p'.
    assert (weights : added t (fun b => added t' (fun b' => entry G p b * entry G' p' b' * g b b'))
        == added t' (fun b' => entry G' p' b' * added t (fun b => entry G p b * g b b'))).
    { rewrite added_turned. apply added_same. intro b'. rewrite <- added_times. apply added_same. intro b. ring. }
    assert (inputs : added (r + t - 1) (fun j => added (r' + t' - 1) (fun j' => entry B p j * entry B' p' j' * d j j'))
        == added (r' + t' - 1) (fun j' => entry B' p' j' * added (r + t - 1) (fun j => entry B p j * d j j'))).
    { rewrite added_turned. apply added_same. intro j'. rewrite <- added_times. apply added_same. intro j. ring. }
    rewrite weights, inputs. ring.
  - transitivity (added t' (fun b' => added t (fun b => g b b' * d (i + b)%nat (i' + b')%nat))).
    + transitivity (added t' (fun b' => added l (fun p => entry A i p * added t (fun b => entry G p b * g b b')
          * added (r + t - 1) (fun j => entry B p j * d j (i' + b')%nat)))).
      * rewrite <- added_turned. apply added_same. intro p. rewrite <- added_times. apply added_same. intro b'. ring.
      * apply added_same. intro b'. apply (one (fun b => g b b') (fun j => d j (i' + b')%nat) i low).
    + apply added_turned.
Qed.

(** Output by output. *)
Ltac correlates := intros g d i low;
  repeat (destruct i as [| i]; [cbv beta iota zeta delta [added entry nth Nat.add Nat.sub]; ring |]); exfalso; lia.

Open Scope Z_scope.

(** * Tactics *)

Ltac parts := repeat match goal with
  | H : _ /\ _ |- _ => destruct H
  | x : (_ * _)%type |- _ => destruct x
  end.

(** What numbers decide. *)
Lemma legal {a b : Z} : (a <=? b) = true -> a <= b.
Proof. apply Z.leb_le. Qed.
Arguments legal {a b} & _.

(** Long conjunctions by fours: each step of a proof has all conjuncts that are left, and the goal, in its type. *)
Lemma apart (A B C D E G : Prop) : (A -> B -> C -> D -> E -> G) -> A /\ B /\ C /\ D /\ E -> G.
Proof. tauto. Qed.
Lemma together (A B C D E : Prop) : A -> B -> C -> D -> E -> A /\ B /\ C /\ D /\ E.
Proof. tauto. Qed.
Arguments together {A B C D E}.
Lemma ahead_2 (A B C : Prop) : A /\ B -> C -> A /\ B /\ C.
Proof. tauto. Qed.
Lemma ahead_3 (A B C D : Prop) : A /\ B /\ C -> D -> A /\ B /\ C /\ D.
Proof. tauto. Qed.
Lemma ahead_4 (A B C D E : Prop) : A /\ B /\ C /\ D -> E -> A /\ B /\ C /\ D /\ E.
Proof. tauto. Qed.
Arguments ahead_2 {A B C}.
Arguments ahead_3 {A B C D}.
Arguments ahead_4 {A B C D E}.

(** Long disjunctions by eights. *)
Lemma beyond_eight (A B C D E F G H others : Prop) : others -> A \/ B \/ C \/ D \/ E \/ F \/ G \/ H \/ others.
Proof. tauto. Qed.
Arguments beyond_eight {A B C D E F G H others}.

(** Lists of letters, by fours. *)
Lemma same_four (a a' b b' c c' d d' : Z) (x y : list Z) : a = a' -> b = b' -> c = c' -> d = d' -> x = y -> a :: b :: c :: d :: x = a' :: b' :: c' :: d' :: y.
Proof. intros -> -> -> -> ->. reflexivity. Qed.
Arguments same_four {a a' b b' c c' d d' x y}.

Lemma times_equal (a b c : Z) : a = b -> a * c = b * c.
Proof. intros ->. reflexivity. Qed.

Lemma times_nought (a b : Z) : a = 0 -> a * b = 0.
Proof. intros ->. reflexivity. Qed.

Lemma times_positive (a b : Z) : 1 <= b -> 0 <= a -> 0 <= a * b.
Proof. intros. apply Z.mul_nonneg_nonneg; lia. Qed.

Lemma times_ordered (a b : Z) : 1 <= b -> (a <= -1 /\ a * b <= - b) \/ (a = 0 /\ a * b = 0) \/ (1 <= a /\ b <= a * b).
Proof. intros. destruct (Z.lt_trichotomy a 0) as [? | [-> | ?]]; [left | right; left | right; right]; nia. Qed.

Lemma floor_bounds (q e c : Z) : 1 <= c -> q = e / c -> c * q <= e < c * q + c.
Proof. intros ? ->. pose proof (Z.mul_div_le e c). pose proof (Z.mul_succ_div_gt e c). lia. Qed.

Lemma floor_rest (q e c : Z) : 1 <= c -> q = e / c -> e mod c = e - c * q.
Proof. intros ? ->. apply Z.mod_eq. lia. Qed.

(** q = e / c with a letter c says c q <= e < c q + c: products with q are those that hints speak of. *)
Ltac floors := repeat match goal with
  | H : ?q = ?e / ?c |- _ => is_var c;
      let low := fresh "low" in
      assert (low : c * q <= e < c * q + c) by (apply floor_bounds; [lia | exact H]);
      try (replace (e mod c) with (e - c * q) in * by (symmetry; apply floor_rest; [lia | exact H]));
      clear H
  end.

(** Linear arithmetic over the integers, else with products. *)
Ltac decided := floors; first [lia | nia].

(** Lists of indices that are equal as polynomials are written alike. *)
Ltac aligned := repeat match goal with
  | |- context [?u ?l] => match type of l with
    | list Z => match goal with
      | |- context [u ?l'] => tryif constr_eq l l' then fail else
          replace l' with l by (repeat (apply f_equal2; [first [ring | lia] |]); reflexivity)
      end
    end
  end.

(** By a bijection, there and back; what is left speaks of letters. *)
Ltac carried_by there back := lazymatch goal with
  |- same_sum _ ?n _ _ ?m _ _ => apply (same_by_bijection _ n m there back); cbv beta iota zeta delta [every at_point letters]
  end.

(** Matrices multiplied out; entries are polynomials, and [lia] is asked once about all of them. *)
Ltac multiplied_out := intros; first [apply same_equal | apply same_complex_equal | idtac];
  cbv beta iota zeta delta [same same_complex multiply transpose beside inner inner_product scale pointwise kronecker at_place
    conjugate_matrix integers fractions complex nought sum product conjugate_of number complex_sum complex_product
    complex_conjugate same_fractions fst snd map concat app flat_map combine nth hd];
  lazymatch goal with
  | |- context [Qeq] => repeat split; ring
  | |- _ => lia
  end.
Ltac calculated := try apply fractions_calculated; vm_compute; reflexivity.
Ltac differ H := vm_compute in H; first [discriminate H | contradiction | intuition discriminate].
