Feature: Task claiming
  Many work on one board, people and programs. Whoever claims a free task over the API owns it,
  and nobody else does the same work.

  Background:
    Given the organization "Acme" with a board

  Scenario: A user with the permissions creates a task, claims it, and sees it claimed
    Given "ada" is an Admin with a token
    When "ada" creates the task "Rotate the signing keys"
    And "ada" claims it
    Then the answer is 200
    And "ada" sees it in progress in the list, owned by "ada"

  Scenario: A task that isn't there can't be claimed
    Given "ed" is an Editor with a token
    When "ed" claims a task that doesn't exist
    Then the answer is 404
    And the answer says "Object not found."

  Scenario: A task of another organization isn't there
    Given "ed" is an Editor with a token
    And another organization has the task "Order chairs"
    When "ed" claims it
    Then the answer is 404
    And the answer says "Object not found."
    And it is owned by nobody

  Scenario: Of two who want a task the first one gets it
    Given "ada" is an Admin with a token
    And "ed" is an Editor with a token
    When "ada" creates the task "Rotate the signing keys"
    And "ed" claims it
    And "ada" claims it
    Then the answer is 400
    And the answer says "Task is already claimed or completed."
    And it is owned by "ed"

  Scenario: A completed task can't be claimed
    Given "ada" is an Admin with a token
    When "ada" creates the task "Rotate the signing keys"
    And "ada" completes it
    And "ada" claims it
    Then the answer is 400
    And the answer says "Task is already claimed or completed."

  Scenario: A user without the permission can't claim
    Given "ada" is an Admin with a token
    And "cleo" is a Creator with a token
    When "ada" creates the task "Rotate the signing keys"
    And "cleo" claims it
    Then the answer is 403
    And it is owned by nobody

  Scenario: A token that may only read can't claim
    Given "ada" is an Admin with a token
    And "ed" is an Editor with a token that may only read
    When "ada" creates the task "Rotate the signing keys"
    And "ed" claims it
    Then the answer is 403
    And the answer says "This token may only read."
    And it is owned by nobody

  Scenario: Nobody claims without authentication
    Given "ada" is an Admin with a token
    When "ada" creates the task "Rotate the signing keys"
    And somebody without a token claims it
    Then the answer is 401
    And it is owned by nobody

  Scenario Outline: Nobody claims with an authentication that has expired
    Given "ada" is an Admin with a token
    And "ed" is an Editor with <authentication>
    When "ada" creates the task "Rotate the signing keys"
    And the time of it has passed
    And "ed" claims it
    Then the answer is 401
    And it is owned by nobody

    Examples:
      | authentication  |
      | a token         |
      | a pair of short-lived tokens |
